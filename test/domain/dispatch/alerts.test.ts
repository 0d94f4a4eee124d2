// When the dispatcher raises an alert.

import { expect, test } from 'vitest';
import { takeDeclaration } from '../../../domain/dispatch/dispatch.ts';
import { type Limits, noLimits } from '../../../domain/dispatch/limits.ts';
import { findDispatchAlerts } from '../../../domain/dispatch/page/alerts.ts';
import { renderPage } from '../../../domain/dispatch/page/page.ts';
import { emptyState } from '../../../domain/dispatch/state.ts';
import { makeDeclaration as from, makeLoad as load, makeNeed as need } from './declarations.ts';

const now = Date.UTC(2026, 10, 26, 12);

/** With a job of the tenant t that has an open batch of one dollar and wants so many more. */
function listTexts(waiting: number, limits: Partial<Limits>): readonly string[] {
  const file = { ...noLimits, accounts: { 'openai/default': { batches: 1 } }, ...limits };
  const its = need(waiting, { taken: 1, held: load(1) });
  const { state } = takeDeclaration({ ...emptyState(now), file }, from('job', 1, [its]), now);
  return findDispatchAlerts(renderPage(state, now)).map(({ text }) => text);
}

test.each<[string, number, Partial<Limits>, readonly string[]]>([
  ['over 5,000 batches wait', 5_001, {}, ['5001 batches wait for the dispatcher']],
  ['5,000 wait', 5_000, {}, []],
  [
    '80 % of two caps is reserved',
    0,
    { tenants: { t: { dayUsd: 1.25 } }, accounts: { 'openai/default': { monthUsd: 1 } } },
    ['80 % of a cap is spent or reserved: account:openai/default', '80 % of a cap is spent or reserved: tenant:t'],
  ],
  ['less of a cap is reserved', 0, { tenants: { t: { dayUsd: 1.3 } } }, []],
  ['a cap of 0 stops a tenant that has spent nothing', 0, { tenants: { other: { dayUsd: 0 } } }, []],
  [
    'money is reserved under a cap of 0',
    0,
    { tenants: { t: { dayUsd: 0 } } },
    ['80 % of a cap is spent or reserved: tenant:t'],
  ],
])('%s', (_, waiting, limits, texts) => {
  expect(listTexts(waiting, limits)).toEqual(texts);
});
