// Room at the provider: known limits, what refusals teach, and large batches.

import { expect, test } from 'vitest';
import type { Declaration, Need } from '../../../domain/dispatch/declaration.ts';
import { decideAgain, takeDeclaration } from '../../../domain/dispatch/dispatch.ts';
import { findNextChangeAt, planLook } from '../../../domain/dispatch/due.ts';
import { HolderBook } from '../../../domain/dispatch/holder.ts';
import { type Limits, noLimits } from '../../../domain/dispatch/limits.ts';
import { renderPage } from '../../../domain/dispatch/page/page.ts';
import { type DispatchState, emptyState } from '../../../domain/dispatch/state.ts';
import { makeDeclaration, makeLoad, makeNeed } from './declarations.ts';

const now = Date.UTC(2026, 10, 26, 12);
const minuteMs = 60_000;

const need = (waiting: number, change: Partial<Need> = {}): Need =>
  makeNeed(waiting, { each: { tokens: 100, usd: 0 }, ...change });

const from = (holder: string, seq: number, its: Need): Declaration =>
  makeDeclaration(holder, seq, [its], { sharing: {} });

const start = (limits: Partial<Limits> = {}): DispatchState => ({
  ...emptyState(now),
  file: { ...noLimits, ...limits },
});
const granted = (state: DispatchState, holder: string): number => state.holders[holder]?.entries[0]?.granted ?? -1;
const tokensOf = (tokens: number): Partial<Limits> => ({
  accounts: { 'openai/default': { models: { m: { enqueuedTokens: tokens } } } },
});

test('a large batch is not passed by small ones that come later', () => {
  let { state } = takeDeclaration(start(tokensOf(250)), from('a', 1, need(2)), now);
  ({ state } = takeDeclaration(state, from('large', 1, need(1, { each: { tokens: 200, usd: 0 } })), now + 1));
  ({ state } = takeDeclaration(state, from('small', 1, need(1, { each: { tokens: 10, usd: 0 } })), now + 2));
  expect(['large', 'small'].map((holder) => granted(state, holder))).toEqual([0, 0]);
  const done = need(0, { taken: 2, held: { batches: 0, tokens: 0, usd: 0 } });
  ({ state } = takeDeclaration(state, from('a', 2, done), now + 3));
  expect(['large', 'small'].map((holder) => granted(state, holder))).toEqual([1, 1]);
});

test('a batch that is larger than the limit is tried alone', () => {
  let { state } = takeDeclaration(start(tokensOf(50)), from('a', 1, need(3)), now);
  expect(granted(state, 'a')).toBe(1);
  ({ state } = takeDeclaration(state, from('b', 1, need(1, { each: { tokens: 1, usd: 0 } })), now));
  expect(granted(state, 'b')).toBe(0);
});

test('while nothing is known, two batches are tried, and each accepted one allows more', () => {
  let { state } = takeDeclaration(start(), from('a', 1, need(20)), now);
  expect(granted(state, 'a')).toBe(2);
  const held = (batches: number) => ({ batches, tokens: 100 * batches, usd: 0 });
  ({ state } = takeDeclaration(
    state,
    from('a', 2, need(18, { taken: 2, held: held(2), unsure: 0, accepted: 4 })),
    now,
  ));
  expect(granted(state, 'a')).toBe(6);
  expect(renderPage(state, now).waits[0]?.reason).toContain('the room of m is not known');
});

test('a refusal that names a limit teaches all jobs, for four hours', () => {
  let { state } = takeDeclaration(start(), from('a', 1, need(2)), now);
  const refused = { count: 1, askedAt: now, named: { unit: 'tokens', limit: 150 } } as const;
  ({ state } = takeDeclaration(
    state,
    from('a', 2, need(1, { taken: 2, held: { batches: 1, tokens: 100, usd: 0 }, accepted: 1, refused })),
    now,
  ));
  ({ state } = takeDeclaration(state, from('b', 1, need(1)), now));
  expect(['a', 'b'].map((holder) => granted(state, holder))).toEqual([2, 0]);
  expect(renderPage(state, now).waits.map(({ reason }) => reason)).toEqual([
    'enqueued tokens of m: 100 of 150 in use; 1st in line',
    'enqueued tokens of m: 100 of 150 in use; 2nd in line',
  ]);
  expect(findNextChangeAt(state, now)).toBe(now + 240 * minuteMs);
});

test('a refusal that names nothing holds what was open for longer each time', () => {
  let { state } = takeDeclaration(start(), from('a', 1, need(2)), now);
  const waiting = (seq: number, count: number): Declaration =>
    from('a', seq, need(1, { taken: 1 + seq - 1, refused: { count, askedAt: now, named: null } }));
  ({ state } = takeDeclaration(state, waiting(2, 1), now));
  expect(findNextChangeAt(state, now)).toBe(now + minuteMs);
  ({ state } = decideAgain(state, now + minuteMs));
  expect(granted(state, 'a')).toBe(3);
  ({ state } = takeDeclaration(state, waiting(3, 2), now + minuteMs));
  expect(findNextChangeAt(state, now + minuteMs)).toBe(now + 3 * minuteMs);
});

test('once more fits than was known, the next refusal holds as the first one did', () => {
  let { state } = takeDeclaration(start(), from('a', 1, need(1)), now);
  const refused = (seq: number, count: number, at: number): Declaration =>
    from('a', seq, need(1, { taken: seq, accepted: count > 2 ? 1 : 0, refused: { count, askedAt: at, named: null } }));
  ({ state } = takeDeclaration(state, refused(2, 1, now), now));
  let at = now + minuteMs;
  ({ state } = takeDeclaration(state, refused(3, 2, at), at));
  at += 2 * minuteMs;
  const held = { batches: 1, tokens: 100, usd: 0 };
  const runs = need(0, { taken: 4, accepted: 1, held, refused: { count: 2, askedAt: at, named: null } });
  ({ state } = takeDeclaration(state, from('a', 4, runs), at));
  at += 60 * minuteMs;
  ({ state } = takeDeclaration(state, refused(5, 3, at), at));
  expect(findNextChangeAt(state, at)).toBe(at + minuteMs);
});

test('a change of one model for another is news', () => {
  const book = new HolderBook();
  const [one, other] = ['one', 'other'].map((model) => book.at({ model, lane: 'batch' }));
  one?.offer(2);
  const before = book.describeNews(now);
  one?.offer(0);
  other?.offer(2);
  expect(book.describeNews(now)).not.toBe(before);
});

test('a batch that ended while the provider refused another one explains the refusal', () => {
  const refuseAfterEnd = (named: Need['refused']['named']): DispatchState => {
    let { state } = takeDeclaration(start(), from('a', 1, need(2)), now);
    ({ state } = takeDeclaration(state, from('b', 1, need(1)), now));
    const ended = need(1, { taken: 1, endedAt: now + 10 });
    ({ state } = takeDeclaration(state, from('a', 2, ended), now + 10));
    const refused = { count: 1, askedAt: now + 5, named };
    return takeDeclaration(state, from('b', 2, need(1, { taken: 1, refused })), now + 20).state;
  };
  const named = refuseAfterEnd({ unit: 'tokens', limit: 150 });
  expect(granted(named, 'a') + granted(named, 'b')).toBe(3);
  expect(findNextChangeAt(named, now + 20)).toBe(now + 20 + 240 * minuteMs);
  const unnamed = refuseAfterEnd(null);
  expect(granted(unnamed, 'a') + granted(unnamed, 'b')).toBe(3);
  expect(findNextChangeAt(unnamed, now + 20)).toBe(now + 20 + minuteMs);
});

test('what a holder held that is over may have made room, too', () => {
  let { state } = takeDeclaration(start(), from('a', 1, need(1)), now);
  ({ state } = takeDeclaration(state, from('b', 1, need(2)), now));
  const held = need(0, { taken: 1, held: { batches: 1, tokens: 100, usd: 0 } });
  ({ state } = takeDeclaration(state, from('a', 2, held), now));
  ({ state } = takeDeclaration(state, makeDeclaration('a', 3, [], { isClosed: true, sharing: {} }), now + 10));
  const refused = { count: 1, askedAt: now + 5, named: { unit: 'tokens', limit: 150 } } as const;
  ({ state } = takeDeclaration(state, from('b', 2, need(2, { taken: 1, refused })), now + 20));
  expect(granted(state, 'b')).toBe(2);
});

test('a batch that is refused twice and is larger than the named limit is to be made smaller', () => {
  const book = new HolderBook();
  const its = book.at({ model: 'm', lane: 'batch' });
  its.addSize({ tokens: 1000, usd: 0 });
  its.start('batch', { tokens: 1000, usd: 0 }, now);
  its.refuse('batch', { unit: 'tokens', limit: 500 }, now);
  expect(its.takeTooLarge()).toEqual([]);
  book.apply({
    version: 1,
    run: '',
    grants: [{ model: 'm', lane: 'batch', granted: 2, wait: null, isUntried: false }],
  });
  expect(its.takeReady(now)).toEqual(['batch']);
  its.refuse('batch', { unit: 'tokens', limit: 500 }, now);
  expect(its.takeTooLarge()).toEqual([{ holder: 'batch', share: 0.35 }]);
  expect(its.read(now)).toMatchObject({ waiting: 0, held: { batches: 0 } });
});

test('grants that nothing needs any more are given back', () => {
  const book = new HolderBook();
  const its = book.at({ model: 'm', lane: 'batch' });
  its.offer(3);
  book.apply({
    version: 1,
    run: '',
    grants: [{ model: 'm', lane: 'batch', granted: 3, wait: null, isUntried: false }],
  });
  expect(its.mayStart).toBe(true);
  its.offer(0);
  expect(its.mayStart).toBe(false);
  expect(its.read(now)).toMatchObject({ taken: 3, waiting: 0 });
});

test('a paused holder gives back its grants, for refused batches too, and wants them again afterwards', () => {
  const book = new HolderBook();
  const its = book.at({ model: 'm', lane: 'batch' });
  its.start('batch', { tokens: 10, usd: 0 }, now);
  its.refuse('batch', null, now);
  book.apply({
    version: 1,
    run: '',
    grants: [{ model: 'm', lane: 'batch', granted: 2, wait: null, isUntried: false }],
  });
  book.pause(true);
  expect(its.read(now)).toMatchObject({ taken: 2, waiting: 0 });
  book.pause(false);
  expect(its.read(now)).toMatchObject({ taken: 2, waiting: 1 });
  expect(its.takeReady(now)).toEqual([]);
});

test('jobs that ended without a word are looked for sooner while others may need what they held', () => {
  expect(planLook(start(), now)).toBeNull();
  const { state: alone } = takeDeclaration(start(), from('a', 1, need(0, { taken: 1, held: makeLoad(1) })), now);
  expect(planLook(alone, now)).toEqual({ at: now + 10 * minuteMs, silentMs: 5 * minuteMs });
  const looked = { ...alone, reclaimedAt: now + minuteMs };
  expect(planLook(looked, now)).toMatchObject({ at: now + 11 * minuteMs });
  const { state: waits } = takeDeclaration(looked, from('b', 1, need(1000)), now);
  expect(planLook(waits, now)).toEqual({ at: now + 2 * minuteMs, silentMs: minuteMs });
});

test('a batch that yields its room waits for a grant again, and teaches nothing', () => {
  const book = new HolderBook();
  const own = book.at({ model: 'm', lane: 'batch' });
  own.addSize({ tokens: 100, usd: 1 });
  own.offer(1);
  const grant = { model: 'm', lane: 'batch', wait: null, isUntried: false } as const;
  book.apply({ run: 'run', version: 1, grants: [{ ...grant, granted: 1 }] });
  own.start('a', { tokens: 100, usd: 1 }, now);
  own.yield('a', now);
  expect(own.read(now)).toMatchObject({
    held: { batches: 0 },
    waiting: 1,
    taken: 1,
    refused: { count: 0 },
    endedAt: 0,
  });
  book.pause(true);
  expect(own.read(now)).toMatchObject({ waiting: 0 });
  book.pause(false);
  expect(own.takeReady(now)).toEqual([]);
  book.apply({ run: 'run', version: 2, grants: [{ ...grant, granted: 2 }] });
  expect(own.takeReady(now)).toEqual(['a']);
  expect(own.read(now)).toMatchObject({ held: { batches: 1 }, waiting: 0, taken: 2 });
});
