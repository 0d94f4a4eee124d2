// Messages that are late, doubled or from a run that is over, and names and lines that nobody expects: no money counts twice, nothing hangs.

import { expect, test } from 'vitest';
import type { Declaration, Grants } from '../../../domain/dispatch/declaration.ts';
import { decideAgain, hasPlace, takeDeclaration, takeGone } from '../../../domain/dispatch/dispatch.ts';
import { HolderBook } from '../../../domain/dispatch/holder.ts';
import { type Limits, noLimits } from '../../../domain/dispatch/limits.ts';
import { type DispatchState, emptyState } from '../../../domain/dispatch/state.ts';
import { makeDeclaration as from, makeLoad as load, makeNeed as need } from './declarations.ts';

const now = Date.UTC(2026, 10, 26, 12);

const start = (limits: Partial<Limits> = {}): DispatchState => ({
  ...emptyState(now),
  file: { ...noLimits, ...limits },
});
const granted = (state: DispatchState, holder: string): number => state.holders[holder]?.entries[0]?.granted ?? -1;
const account = (its: object): Partial<Limits> => ({ accounts: { 'openai/default': its } });
const day = (state: DispatchState): number => state.ledger.spent['tenant:t']?.dayUsd ?? 0;

test('a last word that comes twice is counted once', () => {
  let { state } = takeDeclaration(start(account({ batches: 10 })), from('job', 1, [need(1)]), now);
  const last = from('job', 2, [], { isClosed: true, spentUsd: 5 });
  ({ state } = takeDeclaration(state, last, now));
  expect(day(state)).toBe(5);
  ({ state } = takeDeclaration(state, last, now));
  expect(day(state)).toBe(5);
});

test('a late declaration of a closed part neither holds a slot nor is paid again', () => {
  let { state } = takeDeclaration(start(account({ batches: 1 })), from('job', 1, [need(1)]), now);
  const late = from('job', 2, [need(1, { taken: 1, held: load(1) })], { spentUsd: 3 });
  ({ state } = takeDeclaration(state, late, now));
  ({ state } = takeDeclaration(state, from('job', 3, [], { isClosed: true, spentUsd: 4 }), now));
  ({ state } = takeDeclaration(state, late, now));
  expect(Object.keys(state.holders)).toEqual([]);
  expect(day(state)).toBe(4);
});

test('a late declaration of an earlier run does not replace that of the run after it', () => {
  const limits = account({ batches: 1 });
  let { state } = takeDeclaration(start(limits), from('job', 1, [need(1)], { run: 'r1' }), now);
  ({ state } = takeDeclaration(
    state,
    from('job', 1, [need(0, { taken: 1, held: load(1) })], { run: 'r2', began: 1 }),
    now,
  ));
  // The last word of r1, from a zombie activity or after the dispatcher continued as new.
  ({ state } = takeDeclaration(state, from('job', 2, [], { run: 'r1', isClosed: true }), now));
  ({ state } = takeDeclaration(state, from('other', 1, [need(1)]), now));
  expect(granted(state, 'other')).toBe(0);
});

test('a job that was taken for gone, and is not, pays only once', () => {
  let { state } = takeDeclaration(start(account({ batches: 10 })), from('job', 1, [need(1)]), now);
  ({ state } = takeDeclaration(state, from('job', 2, [need(0, { taken: 1, held: load(0) })], { spentUsd: 5 }), now));
  ({ state } = takeGone(state, ['job'], now));
  ({ state } = takeDeclaration(state, from('job', 3, [need(0, { taken: 1 })], { spentUsd: 5 }), now));
  expect(day(state)).toBe(5);
});

test('a job that was taken for gone holds what it said last, although an earlier word of it arrives then', () => {
  const [grants, held] = [need(0, { granted: 1 }), need(0, { taken: 1, granted: 1, held: load(1) })];
  let { state } = takeDeclaration(start(account({ batches: 10 })), from('job', 1, [need(1)]), now);
  ({ state } = takeDeclaration(state, from('job', 3, [held]), now));
  ({ state } = takeGone(state, ['job'], now));
  ({ state } = takeDeclaration(state, from('job', 2, [grants]), now));
  expect(state.holders.job?.entries[0]).toMatchObject({ taken: 1, held: load(1) });
  expect(day(state)).toBe(0);
});

test('after the dispatcher is reset, holders still hear it', () => {
  const book = new HolderBook();
  const its = book.at({ model: 'm', lane: 'batch' });
  its.addSize({ tokens: 100, usd: 1 });
  let seq = 0;
  const say = (state: DispatchState, at: number) => {
    seq += 1;
    const next = takeDeclaration(state, from('job', seq, book.read(at)), at);
    const grants = next.told.job as Grants;
    book.apply(grants);
    return next.state;
  };
  const early = start(account({ batches: 1 }));
  let state = early;
  for (let i = 0; i < 50; i += 1) state = say(state, now + i);
  // `temporal workflow reset`, or a failover that lost the last minutes: a state from before.
  its.offer(1);
  state = say(early, now + 3_600_000);
  expect(granted(state, 'job')).toBe(1);
  expect(its.mayStart).toBe(true);
});

test('a job that may start fewer batches gives the rest of its grants back', () => {
  const limits = account({ batches: 10 });
  const book = new HolderBook();
  const its = book.at({ model: 'm', lane: 'batch' });
  its.addSize({ tokens: 100, usd: 1 });
  its.offer(10);
  let next = takeDeclaration(start(limits), from('job', 1, book.read(now)), now);
  // Meanwhile a person lowers its concurrency, or a segment gives its places to the next one.
  its.offer(1);
  book.apply(next.told.job as Grants);
  next = takeDeclaration(next.state, from('job', 2, book.read(now)), now);
  next = takeDeclaration(next.state, from('other', 1, [need(9)]), now);
  expect(granted(next.state, 'other')).toBe(9);
});

test('an urgent job finds a place although many background jobs wait', () => {
  let state = start(account({ batches: 1 }));
  let holders = 0;
  while (hasPlace(state, { holder: `background-job-of-team-${holders}`, sharing: { priority: 3 } })) {
    ({ state } = takeDeclaration(
      state,
      from(`background-job-of-team-${holders}`, 1, [need(10)], {
        run: '0190c0de-0000-7000-8000-000000000000 1/1',
        sharing: { tenant: `team-${holders % 20}`, priority: 3 },
      }),
      now,
    ));
    holders += 1;
  }
  expect(hasPlace(state, { holder: 'urgent', sharing: { priority: 1 } })).toBe(true);
});

test('a job whose id is the name of a method does not stop the dispatcher', () => {
  expect(() => takeDeclaration(start(), from('constructor', 1, [need(1)]), now)).not.toThrow();
});

test('a tenant whose name is that of a method has the limits of other tenants', () => {
  const limits = { ...account({ batches: 100 }), otherTenants: { batches: 1, dayUsd: 1 } };
  const { state } = takeDeclaration(
    start(limits),
    from('job', 1, [need(10)], { sharing: { tenant: 'constructor' } }),
    now,
  );
  expect(granted(state, 'job')).toBe(1);
  expect(typeof state.pools['openai/default/batch/m']?.passes.constructor).toBe('number');
});

test('a batch that is refused alone for days, and has more tokens than estimated, is made smaller', () => {
  const book = new HolderBook();
  const its = book.at({ model: 'm', lane: 'batch' });
  its.addSize({ tokens: 900, usd: 1 });
  its.start('b', { tokens: 900, usd: 1 }, now);
  let state = start();
  let tooLarge = 0;
  let at = now;
  for (let seq = 1; seq < 200; seq += 1) {
    its.refuse('b', { unit: 'tokens', limit: 1000 }, at);
    tooLarge += its.takeTooLarge().length;
    let next = takeDeclaration(state, from('job', 2 * seq, book.read(at)), at);
    book.apply(next.told.job as Grants);
    at += 3_600_000;
    next = decideAgain(next.state, at);
    if (next.told.job !== undefined) book.apply(next.told.job);
    its.takeReady(at);
    state = takeDeclaration(next.state, from('job', 2 * seq + 1, book.read(at)), at).state;
  }
  expect(tooLarge).toBeGreaterThan(0);
});

test('the caps of a day are those of the day that is shown', async () => {
  const { renderPage } = await import('../../../domain/dispatch/page/page.ts');
  let { state } = takeDeclaration(start({ tenants: { t: { dayUsd: 5 } } }), from('job', 1, [need(1)]), now);
  ({ state } = takeDeclaration(state, from('job', 2, [], { isClosed: true, spentUsd: 5 }), now));
  const page = renderPage(state, now + 3 * 24 * 3_600_000);
  expect(page.owners.find(({ owner }) => owner === 'tenant:t')).toMatchObject({ dayUsd: 0, capShare: 0 });
});

test('grants of an earlier dispatcher that were not used yet count as held', () => {
  const book = new HolderBook();
  const its = book.at({ model: 'm', lane: 'batch' });
  its.addSize({ tokens: 100, usd: 1 });
  its.offer(1);
  book.apply({
    version: 1,
    run: 'run',
    grants: [{ model: 'm', lane: 'batch', granted: 1, wait: null, isUntried: false }],
  });
  let { state } = takeDeclaration(start(account({ batches: 1 })), from('job', 9, book.read(now)), now);
  ({ state } = takeDeclaration(state, from('urgent', 1, [need(1)], { sharing: { priority: 1 } }), now));
  expect(its.mayStart).toBe(true);
  expect(granted(state, 'urgent')).toBe(0);
});

test('a large batch under a limit of the account is not passed for ever by small ones of another model', () => {
  const small = (seq: number, taken: number, open: number): Declaration =>
    from('small', seq, [
      need(5, { model: 'small', each: { tokens: 30, usd: 0 }, taken, held: load(open, 30 * open, 0) }),
    ]);
  let { state } = takeDeclaration(start(account({ enqueuedTokens: 100 })), small(1, 0, 0), now);
  const large = need(1, { model: 'large', each: { tokens: 80, usd: 0 } });
  ({ state } = takeDeclaration(state, from('large', 1, [large], { sharing: { priority: 1 } }), now + 1));
  // Two of the three small batches end, one after the other.
  ({ state } = takeDeclaration(state, small(2, 3, 2), now + 2));
  expect(granted(state, 'small')).toBe(3);
  ({ state } = takeDeclaration(state, small(3, 3, 0), now + 3));
  expect(granted(state, 'large')).toBe(1);
});

test('batches that were not refused for a minute are declared again while the room is not known, so that they hold up nobody', () => {
  const its = new HolderBook().at({ model: 'm', lane: 'batch' });
  its.start('a', { tokens: 1, usd: 0 }, now);
  expect(its.findSureAt(now)).toBeNull();
  its.apply({ model: 'm', lane: 'batch', granted: 1, wait: null, isUntried: true });
  expect(its.findSureAt(now)).toBe(now + 60_000);
  const before = its.describeNews(now);
  expect(its.describeNews(now + 60_000)).not.toBe(before);
});

test('one decision grants only so much, and says that there is more', () => {
  let { state } = takeDeclaration(start(account({ batches: 0 })), from('job', 1, [need(2_000)]), now);
  state = { ...state, file: { ...state.file, ...account({ batches: 1_200 }) } };
  const counts: number[] = [];
  for (let hasMore = true; hasMore; ) {
    const next = decideAgain(state, now);
    ({ state, hasMore } = next);
    counts.push(granted(state, 'job'));
  }
  expect(counts).toEqual([500, 1000, 1200]);
});
