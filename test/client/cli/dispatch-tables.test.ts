// What `limits` and `top` show of the room and the money that all jobs share.

import { expect, test } from 'vitest';
import { listMoney, listRooms } from '../../../client/cli/print/dispatch-tables.ts';
import { takeDeclaration } from '../../../domain/dispatch/dispatch.ts';
import { type AccountLimits, noLimits } from '../../../domain/dispatch/limits.ts';
import { renderPage } from '../../../domain/dispatch/page/page.ts';
import { emptyState } from '../../../domain/dispatch/state.ts';
import { makeDeclaration, makeLoad, makeNeed } from '../../domain/dispatch/declarations.ts';

const now = Date.UTC(2026, 10, 26, 12);

/** While a job has three open batches of one model and two of another. */
function makePage(account: AccountLimits) {
  const file = { ...noLimits, accounts: { 'openai/default': account, 'openai/idle': { monthUsd: 8 } } };
  const needs = [3, 2].map((open, index) =>
    makeNeed(0, { model: `model-${index}`, taken: open, held: makeLoad(open, 1000 * open) }),
  );
  return renderPage(takeDeclaration({ ...emptyState(now), file }, makeDeclaration('job', 1, needs), now).state, now);
}

test('a limit of an account is shown with what all of its models use together', () => {
  const rooms = listRooms(makePage({ batches: 9, enqueuedTokens: 6000, models: { 'model-1': { batches: 4 } } }));
  expect(rooms.map(({ model, batches, tokens }) => ({ model, batches, tokens }))).toEqual([
    { model: 'model-0', batches: '3', tokens: '3000' },
    { model: 'model-1', batches: '2 of 4', tokens: '2000' },
    { model: '(all models)', batches: '5 of 9', tokens: '5000 of 6000' },
  ]);
});

test('a cap of an account that has spent nothing yet is shown', () => {
  const idle = listMoney(makePage({})).find(({ of }) => of === 'account openai/idle');
  expect(idle).toMatchObject({ 'this month': '$0.0000 of $8.00' });
});
