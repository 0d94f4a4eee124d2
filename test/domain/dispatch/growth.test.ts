// The dispatcher's state stays small for ever: it is carried from run to run, and Temporal takes at most 2 MB.

import { expect, test } from 'vitest';
import { takeDeclaration } from '../../../domain/dispatch/dispatch.ts';
import { noLimits } from '../../../domain/dispatch/limits.ts';
import { type DispatchState, emptyPool, emptyState } from '../../../domain/dispatch/state.ts';
import { makeDeclaration as from, makeNeed as need } from './declarations.ts';

const now = Date.UTC(2026, 10, 26, 12);
const limitTo = (batches: number) => ({ ...noLimits, accounts: { 'openai/default': { batches } } });
const start = (): DispatchState => ({ ...emptyState(now), file: limitTo(100) });
const makeMany = <T>(count: number, make: (index: number) => readonly [string, T]): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => make(index)));

test('of many parts that end within a few minutes, the last ones are remembered', () => {
  const ended = makeMany(20_000, (index) => [
    `nightly-summaries-of-team-a-${index} 0190c0de-0000-7000-8000-000000000000 1/1`,
    { at: now, forgotten: null },
  ]);
  let { state } = takeDeclaration({ ...start(), ended }, from('job', 1, [need(1)]), now);
  ({ state } = takeDeclaration(state, from('job', 2, [], { isClosed: true }), now));
  expect(JSON.stringify(state).length).toBeLessThan(300_000);
  expect(Object.keys(state.ended).at(-1)).toBe('job run');
});

test('of many tenants that came once, those with the most turns are remembered, and all that wait', () => {
  const passes = makeMany(20_000, (index) => [`customer-${index}`, index + 1]);
  const waits = takeDeclaration(start(), from('job', 1, [need(200)], { sharing: { tenant: 'customer-7' } }), now).state;
  const pool = { ...emptyPool, passes: { ...passes, slow: 0 } };
  const state = { ...waits, pools: { 'openai/default/batch/m': pool } };
  const next = takeDeclaration(
    { ...state, file: limitTo(101) },
    from('another', 1, [need(1)], { sharing: { tenant: 'slow' } }),
    now,
  );
  const kept = Object.keys(next.state.pools['openai/default/batch/m']?.passes ?? {});
  expect(kept.length).toBeLessThan(300);
  expect(kept).toEqual(expect.arrayContaining(['customer-19999', 'customer-7', 'slow']));
});
