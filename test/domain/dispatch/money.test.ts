// Caps of days and months, and what the dispatcher says of them.

import { expect, test } from 'vitest';
import type { Declaration, Need } from '../../../domain/dispatch/declaration.ts';
import { decideAgain, takeDeclaration, takeGone } from '../../../domain/dispatch/dispatch.ts';
import { findNextChangeAt } from '../../../domain/dispatch/due.ts';
import { type Limits, noLimits, setCap } from '../../../domain/dispatch/limits.ts';
import { describeOverdrawn, describeReserved, renderPage } from '../../../domain/dispatch/page/page.ts';
import { type DispatchState, emptyState } from '../../../domain/dispatch/state.ts';
import { makeDeclaration, makeNeed } from './declarations.ts';

const noon = Date.UTC(2026, 10, 29, 12);
const dayMs = 24 * 60 * 60_000;

const need = (waiting: number, change: Partial<Need> = {}): Need =>
  makeNeed(waiting, { each: { tokens: 10, usd: 1 }, ...change });

const declaration = (seq: number, its: Need, change: Partial<Declaration> = {}): Declaration =>
  makeDeclaration('job', seq, [its], { sharing: { tenant: 'a', feature: 'f', priority: 2 }, ...change });

const withLimits = (limits: Partial<Limits>, now = noon): DispatchState => ({
  ...emptyState(now),
  file: { ...noLimits, accounts: { 'openai/default': { batches: 100 } }, ...limits },
});

const granted = (state: DispatchState): number | undefined => state.holders.job?.entries[0]?.granted;
const reason = (state: DispatchState, now: number): string | undefined => renderPage(state, now).waits[0]?.reason;

test('grants stop at the cap of a day, and the next day brings more', () => {
  let { state } = takeDeclaration(withLimits({ tenants: { a: { dayUsd: 3 } } }), declaration(1, need(10)), noon);
  expect(granted(state)).toBe(3);
  expect(reason(state, noon)).toBe(
    'the cap of the tenant a for 2026-11-29 is $3.00: $0.0000 is spent and $3.00 reserved; the next batch needs $1.00 more; 1st in line',
  );
  const done = need(7, { taken: 3 });
  ({ state } = takeDeclaration(state, declaration(2, done, { spentUsd: 2.5 }), noon));
  expect(granted(state)).toBe(3);
  expect(findNextChangeAt(state, noon)).toBe(Date.UTC(2026, 10, 30));
  ({ state } = decideAgain(state, noon + dayMs));
  expect(granted(state)).toBe(6);
});

test('a month is counted over its days, and another month starts from nothing', () => {
  const limits = { features: { f: { monthUsd: 2 } } };
  let { state } = takeDeclaration(withLimits(limits), declaration(1, need(9)), noon);
  expect(granted(state)).toBe(2);
  ({ state } = takeDeclaration(state, declaration(2, need(7, { taken: 2 }), { spentUsd: 2 }), noon));
  ({ state } = decideAgain(state, noon + dayMs));
  expect(granted(state)).toBe(2);
  expect(reason(state, noon + dayMs)).toContain('the cap of the feature f for 2026-11');
  ({ state } = decideAgain(state, noon + 2 * dayMs));
  expect(granted(state)).toBe(4);
});

test('a clock that goes back opens no earlier day', () => {
  let { state } = takeDeclaration(withLimits({ tenants: { a: { dayUsd: 1 } } }), declaration(1, need(5)), noon + dayMs);
  ({ state } = takeDeclaration(state, declaration(2, need(4, { taken: 1 }), { spentUsd: 1 }), noon + dayMs));
  ({ state } = decideAgain(state, noon - dayMs));
  expect(granted(state)).toBe(1);
  expect(state.ledger.day).toBe('2026-11-30');
});

test('a settlement above its reserve is counted, and stops what comes next', () => {
  let { state } = takeDeclaration(withLimits({ tenants: { a: { dayUsd: 2 } } }), declaration(1, need(2)), noon);
  ({ state } = takeDeclaration(state, declaration(2, need(5, { taken: 2 }), { spentUsd: 2.25 }), noon));
  expect(granted(state)).toBe(2);
  const page = renderPage(state, noon);
  expect(page.owners.find(({ owner }) => owner === 'tenant:a')).toMatchObject({
    dayUsd: 2.25,
    beyondUsd: 0.25,
    capShare: 1.125,
  });
  expect(describeOverdrawn(page)).toEqual([
    'the tenant a has spent $2.25 and reserved $0.0000, above its cap of $2.00 for 2026-11-29: nothing new of it starts',
  ]);
});

const findOwner = (state: DispatchState) => renderPage(state, noon).owners.find(({ owner }) => owner === 'tenant:a');
const findShown = (state: DispatchState): string => {
  const owner = findOwner(state);
  return owner === undefined ? '' : describeReserved(owner);
};
const mostEach = { tokens: 10, usd: 1, mostUsd: 1.4 };

test('the most that open and granted batches may cost above their reserves is shown, and bounds what is counted', () => {
  const limits = { tenants: { a: { dayUsd: 4.5 } } };
  let { state } = takeDeclaration(withLimits(limits), declaration(1, need(10, { each: mostEach })), noon);
  expect(findOwner(state)).toMatchObject({ reservedUsd: 4, beyondMaxUsd: 1.6 });
  expect(findShown(state)).toBe('$4.00 (at most $1.60 over)');
  // Two grants are used, by smaller batches.
  const held = { batches: 2, tokens: 15, usd: 1.5, mostUsd: 1.75 };
  ({ state } = takeDeclaration(state, declaration(2, need(8, { each: mostEach, taken: 2, held })), noon));
  expect(findOwner(state)).toMatchObject({ reservedUsd: 4.5, beyondMaxUsd: 1.45 });
  // They have cost as much as they can. The others are open.
  const rest = { batches: 3, tokens: 30, usd: 3, mostUsd: 4.2 };
  const ended = need(7, { each: mostEach, taken: 5, held: rest });
  ({ state } = takeDeclaration(state, declaration(3, ended, { spentUsd: 1.75 }), noon));
  expect(findOwner(state)).toMatchObject({ reservedUsd: 3, dayUsd: 1.75, beyondUsd: 0.25, beyondMaxUsd: 1.2 });
  expect(granted(state)).toBe(5);
});

test.each([
  ['of an earlier version', { tokens: 10, usd: 1 }],
  ['whose price is not known', { tokens: 10, usd: null, mostUsd: null }],
])('if one batch is open %s, it is unknown how much over, and a number is shown again when it has ended', (_, size) => {
  const { usd: reservedUsd } = size;
  let { state } = takeDeclaration(withLimits({}), declaration(1, need(1, { each: size })), noon);
  // A cap that is set later.
  state = { ...state, overrides: setCap(state.overrides, { tenant: 'a', dayUsd: 9 }) };
  const another = makeDeclaration('another', 1, [need(1, { each: mostEach })], { sharing: { tenant: 'a' } });
  ({ state } = takeDeclaration(state, another, noon));
  expect(findShown(state)).toBe(`$${((reservedUsd ?? 0) + 1).toFixed(2)} (unknown how much over)`);
  ({ state } = takeDeclaration(state, declaration(2, need(0, { each: size, taken: 1 }), { spentUsd: 1 }), noon));
  expect(findShown(state)).toBe('$1.00 (at most $0.4000 over)');
});

test('nothing is said of the bound if an owner has no cap, or if its batches cost at most their reserves', () => {
  const strict = { tokens: 10, usd: 1, mostUsd: 1 };
  const show = (limits: Partial<Limits>, each: Need['each']) =>
    findShown(takeDeclaration(withLimits(limits), declaration(1, need(1, { each })), noon).state);
  expect(show({}, mostEach)).toBe('$1.00');
  expect(show({ tenants: { a: { dayUsd: 3 } } }, strict)).toBe('$1.00');
});

test('a holder that a new dispatcher does not know may use all of its grants at their most', () => {
  const its = need(0, { each: mostEach, taken: 1, granted: 3, held: { batches: 1, tokens: 10, usd: 1, mostUsd: 1.1 } });
  const { state } = takeDeclaration(withLimits({ tenants: { a: { dayUsd: 9 } } }), declaration(1, its), noon);
  expect(findOwner(state)).toMatchObject({ reservedUsd: 3, beyondMaxUsd: 0.9 });
});

test('a cap below what is reserved is accepted, says so, and lets nothing new start', () => {
  let { state } = takeDeclaration(withLimits({}), declaration(1, need(3)), noon);
  expect(granted(state)).toBe(3);
  state = { ...state, overrides: setCap(state.overrides, { tenant: 'a', dayUsd: 2 }) };
  ({ state } = takeDeclaration(state, declaration(2, need(5)), noon));
  expect(granted(state)).toBe(3);
  expect(describeOverdrawn(renderPage(state, noon))).toEqual([
    'the tenant a has spent $0.0000 and reserved $3.00, above its cap of $2.00 for 2026-11-29: nothing new of it starts',
  ]);
});

test('what a job held that is gone counts as spent', () => {
  let { state } = takeDeclaration(withLimits({ tenants: { a: { dayUsd: 9 } } }), declaration(1, need(3)), noon);
  ({ state } = takeGone(state, ['job'], noon));
  expect(renderPage(state, noon)).toMatchObject({ holders: 0, open: 0 });
  expect(state.ledger.spent['tenant:a']).toMatchObject({ dayUsd: 3 });
});

test('another run of the same workflow counts from the start', () => {
  let { state } = takeDeclaration(withLimits({}), declaration(7, need(2)), noon);
  ({ state } = takeDeclaration(state, declaration(1, need(1), { run: 'another' }), noon));
  expect(granted(state)).toBe(1);
});

test('work of unknown price does not start under a cap', () => {
  const its = need(1, { each: { tokens: 1, usd: null } });
  const { state } = takeDeclaration(withLimits({ tenants: { a: { dayUsd: 9 } } }), declaration(1, its), noon);
  expect(granted(state)).toBe(0);
  expect(reason(state, noon)).toContain('the cost of the next batch is not known');
});

test('the realtime lane takes money, and no place', () => {
  const limits = { accounts: { 'openai/default': { batches: 0 } }, tenants: { a: { dayUsd: 1 } } };
  const its = need(2, { lane: 'realtime' });
  const { state } = takeDeclaration(withLimits(limits), declaration(1, its), noon);
  expect(granted(state)).toBe(1);
});

test('what a job held that was taken for gone is not given back to another day', () => {
  const midnight = Date.UTC(2026, 10, 30);
  const limits = { tenants: { a: { dayUsd: 3 } } };
  let { state } = takeDeclaration(withLimits(limits), declaration(1, need(3)), midnight - 2);
  ({ state } = takeGone(state, ['job'], midnight - 1));
  const held = need(9, { taken: 3, held: { batches: 3, tokens: 30, usd: 3 } });
  ({ state } = takeDeclaration(state, declaration(2, held), midnight));
  expect(state.ledger.spent['tenant:a']).toMatchObject({ dayUsd: 0, monthUsd: 0 });
  const ended = need(9, { taken: 3 });
  ({ state } = takeDeclaration(state, declaration(3, ended, { spentUsd: 3 }), midnight));
  expect(state.ledger.spent['tenant:a']).toMatchObject({ dayUsd: 3, monthUsd: 3 });
  expect(granted(state)).toBe(3);
});

test.each([
  [0.1, 3, 0.3, undefined],
  [0.30001, 2, 0.6, '$0.0001 more'],
  [1.231, 1, 2, '$0.4620 more'],
  [1.501, 1, 2, '$1.01 more'],
])('batches of $%d fit %i times into $%d, and what is missing is not rounded down', (usd, count, dayUsd, missing) => {
  const its = need(count + 1, { each: { tokens: 10, usd } });
  const { state } = takeDeclaration(withLimits({ tenants: { a: { dayUsd } } }), declaration(1, its), noon);
  if (missing === undefined) expect(granted(state)).toBe(count);
  else expect(reason(state, noon)).toContain(`the next batch needs ${missing}`);
});
