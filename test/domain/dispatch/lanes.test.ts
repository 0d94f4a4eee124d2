// The realtime lanes of many jobs share the requests and tokens a minute of one model, whatever is lost between them and the dispatcher.

import { expect, test } from 'vitest';
import type { Declaration } from '../../../domain/dispatch/declaration.ts';
import { decideAgain, takeDeclaration } from '../../../domain/dispatch/dispatch.ts';
import { findNextChangeAt, planLook } from '../../../domain/dispatch/due.ts';
import { findRate } from '../../../domain/dispatch/lane-rate.ts';
import { type LaneRate, rateHoldsMs } from '../../../domain/dispatch/lanes.ts';
import { setLimits, setTenant } from '../../../domain/dispatch/limits.ts';
import { renderPage } from '../../../domain/dispatch/page/page.ts';
import type { DispatchState } from '../../../domain/dispatch/state.ts';
import { makeDeclaration, makeLoad, makeNeed } from './declarations.ts';
import { limitTo, startedAt } from './lane-world.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;

const wants = (holder: string, seq: number, tenant = 't'): Declaration =>
  makeDeclaration(holder, seq, [makeNeed(1, { lane: 'realtime' })], { sharing: { tenant } });
const holds = (holder: string, seq: number, tenant = 't'): Declaration =>
  makeDeclaration(holder, seq, [makeNeed(0, { lane: 'realtime', taken: 1, held: makeLoad(1) })], {
    sharing: { tenant },
  });
const isDone = (holder: string, seq: number): Declaration => makeDeclaration(holder, seq, [], { isClosed: true });

const take = (state: DispatchState, declaration: Declaration, now: number): DispatchState =>
  takeDeclaration(state, declaration, now).state;
const rateOf = (state: DispatchState, holder: string, now: number): LaneRate | null => {
  const answer = findRate(state, { holder, model: 'm' }, now);
  return answer.kind === 'rate' ? { rpm: answer.rpm, tpm: answer.tpm } : null;
};

test('a lane alone has everything but the spare part and that for interactive traffic', () => {
  const state = take(limitTo({ rpm: 100, tpm: 1000, interactive: 0.25 }), wants('a', 1), startedAt);
  expect(rateOf(state, 'a', startedAt)).toEqual({ rpm: 67, tpm: 675 });
  expect(renderPage(state, startedAt).lanes).toEqual([
    { account: 'openai/default', model: 'm', rpm: 75, tpm: 750, lanes: 1 },
  ]);
});

test('without a limit of the model, only the job limits its lane', () => {
  const state = take(limitTo({ batches: 1 }), wants('a', 1), startedAt);
  expect(rateOf(state, 'a', startedAt)).toEqual({ rpm: null, tpm: null });
  expect(rateOf(state, 'unknown', startedAt)).toBeNull();
});

test('a second lane has the spare part until the first one has certainly given up half', () => {
  let state = take(limitTo({ rpm: 100 }), wants('a', 1), startedAt);
  state = take(state, wants('b', 1), startedAt);
  expect(rateOf(state, 'a', startedAt)).toEqual({ rpm: 45, tpm: null });
  expect(rateOf(state, 'b', startedAt)).toEqual({ rpm: 10, tpm: null });
  expect(planLook(state, startedAt)?.at).toBe(startedAt + minuteMs);
  const at = findNextChangeAt(state, startedAt) ?? 0;
  expect(at - startedAt).toBeGreaterThanOrEqual(minuteMs + rateHoldsMs);
  ({ state } = decideAgain(state, at));
  expect(rateOf(state, 'b', at)).toEqual({ rpm: 45, tpm: null });
  expect(findNextChangeAt(state, at)).toBeNull();
});

test('only one new lane at a time has the spare part', () => {
  let state = limitTo({ rpm: 100 });
  for (const [index, holder] of ['a', 'b', 'c'].entries()) {
    state = take(state, wants(holder, 1), startedAt + index * secondMs);
  }
  expect(rateOf(state, 'c', startedAt + 2 * secondMs)).toBeNull();
  const at = findNextChangeAt(state, startedAt + 2 * secondMs) ?? 0;
  expect(rateOf(state, 'c', at)).toEqual({ rpm: 10, tpm: null });
});

test('what a lane leaves goes to others only when its last calls no longer count', () => {
  let state = take(limitTo({ rpm: 100 }), wants('a', 1), startedAt);
  state = take(state, wants('b', 1), startedAt);
  const at = startedAt + 10 * minuteMs;
  state = take(state, isDone('b', 2), at);
  expect(rateOf(state, 'a', at)).toEqual({ rpm: 45, tpm: null });
  const later = findNextChangeAt(state, at) ?? 0;
  ({ state } = decideAgain(state, later));
  expect(rateOf(state, 'a', later)).toEqual({ rpm: 90, tpm: null });
});

test('the next batch of a job begins with the part of the one before it', () => {
  let state = take(limitTo({ rpm: 100 }), wants('a', 1), startedAt);
  state = take(state, wants('b', 1), startedAt);
  ({ state } = decideAgain(state, startedAt + 2 * minuteMs));
  const between = makeDeclaration('b', 2, [makeNeed(0, { lane: 'realtime', taken: 1 })]);
  state = take(state, between, startedAt + 3 * minuteMs);
  const next = makeDeclaration('b', 3, [makeNeed(1, { lane: 'realtime', taken: 1 })]);
  state = take(state, next, startedAt + 3 * minuteMs + secondMs);
  expect(rateOf(state, 'b', startedAt + 3 * minuteMs + secondMs)).toEqual({ rpm: 45, tpm: null });
});

test('each lane has one request a minute, and tenants share the rest by their weight, however many lanes each has', () => {
  let state = limitTo({ rpm: 100 }, { x: { weight: 3 } });
  for (const [holder, tenant] of [
    ['a', 'x'],
    ['b', 'y'],
    ['c', 'y'],
    ['d', 'y'],
  ] as const) {
    state = take(state, wants(holder, 1, tenant), startedAt);
  }
  const at = startedAt + 2 * minuteMs;
  expect(['a', 'b', 'c', 'd'].map((holder) => rateOf(state, holder, at)?.rpm)).toEqual([65, 8, 8, 8]);
});

test('there are no more lanes than requests a minute, and none at 0', () => {
  let state = limitTo({ rpm: 2 });
  for (const holder of ['a', 'b', 'c']) state = take(state, wants(holder, 1), startedAt);
  expect(['a', 'b', 'c'].map((holder) => state.holders[holder]?.entries[0]?.granted)).toEqual([1, 1, 0]);
  expect(renderPage(state, startedAt).waits.map(({ reason }) => reason)).toEqual([
    'realtime batches of m: 2 of 2 in use; 1st in line',
  ]);
  const stopped = take(limitTo({ tpm: 0 }), wants('a', 1), startedAt);
  expect(stopped.holders['a']?.entries[0]?.granted).toBe(0);
  const running = {
    ...state,
    overrides: { ...state.overrides, accounts: { 'openai/default': { models: { m: { rpm: 0 } } } } },
  };
  expect(rateOf(running, 'a', startedAt + 2 * minuteMs)).toBeNull();
});

test('a lane that holds a batch by an earlier grant has its part', () => {
  const state = take(limitTo({ rpm: 10 }), holds('a', 1), startedAt);
  expect(rateOf(state, 'a', startedAt)).toEqual({ rpm: 9, tpm: null });
});

test('a limit of one request a minute holds for lanes that begin and end often', () => {
  let state = limitTo({ rpm: 1 });
  let calls = 0;
  for (let second = 0; second < 60; second += 5) {
    const now = startedAt + second * secondMs;
    state = take(state, wants(`job-${second}`, 1), now);
    if (rateOf(state, `job-${second}`, now) !== null) calls += 1;
    state = take(state, isDone(`job-${second}`, 2), now + 2 * secondMs);
  }
  expect(calls).toBe(1);
});

test('a limit that is set below the number of lanes holds, and the lanes that began first have it', () => {
  let state = limitTo({ rpm: 100 });
  const holders = Array.from({ length: 50 }, (_, index) => `job-${10 + index}`);
  for (const [index, holder] of holders.entries()) state = take(state, wants(holder, 1), startedAt + index);
  const set = { provider: 'openai', model: 'm', rpm: 5 };
  const now = startedAt + 5 * minuteMs;
  ({ state } = decideAgain({ ...state, overrides: setLimits(state.overrides, set) }, now));
  expect(holders.map((holder) => rateOf(state, holder, now)?.rpm ?? 0)).toEqual([1, 1, 1, 1, 1, ...Array(45).fill(0)]);
  const answer = findRate(state, { holder: 'job-59', model: 'm' }, now);
  expect(answer).toMatchObject({ kind: 'wait', why: 'the lanes that began before it use up the limit of m' });
});

test('a weight that is changed takes from a lane immediately, and gives to the others when its calls no longer count', () => {
  let state = limitTo({ rpm: 102 }, { x: { weight: 8 }, y: { weight: 2 } });
  state = take(state, wants('a', 1, 'x'), startedAt);
  state = take(state, wants('b', 1, 'y'), startedAt);
  let now = startedAt + 2 * minuteMs;
  const read = () => ['a', 'b'].map((holder) => rateOf(state, holder, now)?.rpm);
  ({ state } = decideAgain(state, now));
  expect(read()).toEqual([72, 18]);
  const overrides = setTenant(setTenant(state.overrides, { tenant: 'x', weight: 2 }), { tenant: 'y', weight: 8 });
  ({ state } = decideAgain({ ...state, overrides }, now));
  expect(read()).toEqual([18, 18]);
  now = findNextChangeAt(state, now) ?? 0;
  ({ state } = decideAgain(state, now));
  expect(read()).toEqual([18, 72]);
});

test('a lane whose batch is over has no part any more, and one that the dispatcher does not know has none', () => {
  let state = take(limitTo({ rpm: 100 }), wants('a', 1), startedAt);
  state = take(state, makeDeclaration('a', 2, [makeNeed(0, { lane: 'realtime', taken: 1 })]), startedAt + secondMs);
  expect(findRate(state, { holder: 'a', model: 'm' }, startedAt + secondMs)).toEqual({ kind: 'unknown' });
  expect(findRate(state, { holder: 'b', model: 'm' }, startedAt)).toEqual({ kind: 'unknown' });
  expect(findRate(null, { holder: 'a', model: 'm' }, startedAt)).toMatchObject({ kind: 'wait' });
});

test('a job that was terminated and started again begins as a new lane, and its old worker has no part any more', () => {
  const again = { sharing: { tenant: 't' }, run: 'second', began: 5, chain: 'second' };
  let state = take(limitTo({ rpm: 100 }), { ...wants('a', 1), chain: 'first' }, startedAt);
  const now = startedAt + 30 * secondMs;
  state = take(state, makeDeclaration('a', 1, [makeNeed(1, { lane: 'realtime' })], again), now);
  expect(findRate(state, { holder: 'a', chain: 'first', model: 'm' }, now)).toEqual({ kind: 'unknown' });
  expect(findRate(state, { holder: 'a', chain: 'second', model: 'm' }, now)).toMatchObject({ rpm: 10 });
});

test('a paused job gives up its part, and begins again as a new lane', () => {
  const paused = makeDeclaration('b', 2, [
    makeNeed(0, { lane: 'realtime', taken: 1, held: makeLoad(1), isPaused: true }),
  ]);
  let state = take(limitTo({ rpm: 100 }), wants('a', 1), startedAt);
  state = take(state, wants('b', 1), startedAt);
  let now = startedAt + 10 * minuteMs;
  state = take(state, paused, now);
  expect(rateOf(state, 'b', now)).toBeNull();
  expect(rateOf(state, 'a', now)).toEqual({ rpm: 45, tpm: null });
  now = findNextChangeAt(state, now) ?? 0;
  ({ state } = decideAgain(state, now));
  expect(rateOf(state, 'a', now)).toEqual({ rpm: 90, tpm: null });
  state = take(state, holds('b', 3), now);
  expect(rateOf(state, 'b', now)).toEqual({ rpm: 10, tpm: null });
});

test('a large call has tokens of its own, and the lanes share the others', () => {
  const large = makeDeclaration('b', 2, [
    makeNeed(0, { lane: 'realtime', taken: 1, held: makeLoad(1), callTokens: 700 }),
  ]);
  let state = limitTo({ tpm: 1000 });
  for (const holder of ['a', 'b', 'c']) state = take(state, wants(holder, 1), startedAt);
  let now = startedAt + 5 * minuteMs;
  state = take(state, large, now);
  for (let next = findNextChangeAt(state, now); next !== null; next = findNextChangeAt(state, now)) {
    now = next;
    ({ state } = decideAgain(state, now));
  }
  const tokens = ['a', 'b', 'c'].map((holder) => Math.round(rateOf(state, holder, now)?.tpm ?? 0));
  expect(tokens).toEqual([67, 767, 67]);
});

test('two models and two accounts do not share', () => {
  let state = take(limitTo({ rpm: 100 }), wants('a', 1), startedAt);
  state = take(state, makeDeclaration('b', 1, [makeNeed(1, { lane: 'realtime' })], { account: 'other' }), startedAt);
  state = take(state, makeDeclaration('c', 1, [makeNeed(1, { lane: 'realtime', model: 'n' })]), startedAt);
  expect(rateOf(state, 'a', startedAt)).toEqual({ rpm: 90, tpm: null });
  expect(rateOf(state, 'b', startedAt)).toEqual({ rpm: null, tpm: null });
  expect(findRate(state, { holder: 'c', model: 'n' }, startedAt)).toMatchObject({ kind: 'rate', rpm: null });
  expect(findRate(state, { holder: 'c', model: 'm' }, startedAt)).toEqual({ kind: 'unknown' });
});

test('a lane whose large call does not fit next to that of another waits for it, and says why', () => {
  const large = (holder: string, seq: number): Declaration =>
    makeDeclaration(holder, seq, [makeNeed(0, { lane: 'realtime', taken: 1, held: makeLoad(1), callTokens: 700 })]);
  let state = take(limitTo({ tpm: 1000 }), large('a', 1), startedAt);
  state = take(state, large('b', 1), startedAt);
  let now = startedAt + 5 * minuteMs;
  ({ state } = decideAgain(state, now));
  expect(rateOf(state, 'a', now)?.tpm).toBe(900);
  const why = 'the other realtime lanes of m leave no place for it';
  expect(findRate(state, { holder: 'b', model: 'm' }, now)).toEqual({ kind: 'wait', why });
  state = take(state, isDone('a', 2), now);
  for (let next = findNextChangeAt(state, now); next !== null; next = findNextChangeAt(state, now)) {
    now = next;
    ({ state } = decideAgain(state, now));
  }
  expect(rateOf(state, 'b', now)?.tpm).toBe(900);
});
