// The realtime lanes of many jobs share the requests and tokens a minute of one model, whatever is lost between them and the dispatcher.

import { describe, expect, test } from 'vitest';
import { type Allowance, countCall, findStart, openAllowance } from '../../../domain/capacity/allowance.ts';
import type { Declaration } from '../../../domain/dispatch/declaration.ts';
import { decideAgain, takeDeclaration, takeGone } from '../../../domain/dispatch/dispatch.ts';
import { findNextChangeAt, planLook } from '../../../domain/dispatch/due.ts';
import { findRate, type LaneRate, rateHoldsMs } from '../../../domain/dispatch/lanes.ts';
import { type Limits, type ModelLimits, noLimits } from '../../../domain/dispatch/limits.ts';
import { renderPage } from '../../../domain/dispatch/page/page.ts';
import { type DispatchState, emptyState } from '../../../domain/dispatch/state.ts';
import { Dice } from '../../../simulation/script/dice.ts';
import { makeDeclaration, makeLoad, makeNeed } from './declarations.ts';

const startedAt = Date.UTC(2026, 10, 26, 12);
const secondMs = 1000;
const minuteMs = 60 * secondMs;

const limitTo = (m: ModelLimits, tenants: Limits['tenants'] = {}): DispatchState => ({
  ...emptyState(startedAt),
  file: { ...noLimits, accounts: { 'openai/default': { models: { m } } }, tenants },
});

const wants = (holder: string, seq: number, tenant = 't'): Declaration =>
  makeDeclaration(holder, seq, [makeNeed(1, { lane: 'realtime' })], { sharing: { tenant } });
const holds = (holder: string, seq: number, tenant = 't'): Declaration =>
  makeDeclaration(holder, seq, [makeNeed(0, { lane: 'realtime', taken: 1, held: makeLoad(1) })], {
    sharing: { tenant },
  });
const isDone = (holder: string, seq: number): Declaration => makeDeclaration(holder, seq, [], { isClosed: true });

const take = (state: DispatchState, declaration: Declaration, now: number): DispatchState =>
  takeDeclaration(state, declaration, now).state;
const rateOf = (state: DispatchState, holder: string, now: number): LaneRate | null =>
  findRate(state, holder, 'm', now);

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

test('tenants share by their weight, however many lanes each has', () => {
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
  expect(['a', 'b', 'c', 'd'].map((holder) => rateOf(state, holder, at)?.rpm)).toEqual([67, 7, 7, 7]);
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

/** A job whose realtime batch begins and ends by chance. It makes calls as fast as it may. */
class Caller {
  readonly id: string;
  seq = 0;
  isOpen = false;
  /** Its calls continue although its workflow is gone. */
  isOrphan = false;
  allowance: Allowance = openAllowance;
  rate: LaneRate | null = null;
  holdsUntil = 0;

  constructor(id: string) {
    this.id = id;
  }

  call(now: number, tokens: number): boolean {
    if (this.rate === null || now >= this.holdsUntil) return false;
    const limits = { concurrency: 100, rpm: this.rate.rpm, tpm: this.rate.tpm };
    if (findStart(this.allowance, tokens, limits, now) > now) return false;
    this.allowance = countCall(this.allowance, tokens, limits, now);
    return true;
  }
}

describe.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
  test('in no minute are there more calls than the limit, and all of it is used', () => {
    const dice = new Dice(seed);
    const [rpm, tpm, tokens] = [240, 24_000, 90];
    let state = limitTo({ rpm, tpm });
    const callers = Array.from({ length: 8 }, (_, index) => new Caller(`job-${index}`));
    const calls: number[] = [];
    const apply = (next: { readonly state: DispatchState }): void => {
      state = JSON.parse(JSON.stringify(next.state));
    };
    const stableFrom = 25 * 60;
    for (let second = 0; second < 30 * 60; second += 1) {
      const now = startedAt + second * secondMs;
      if ((findNextChangeAt(state, now - secondMs) ?? now + 1) <= now) apply(decideAgain(state, now));
      for (const caller of callers) {
        if (second < stableFrom && dice.isBelow(0.01)) step(caller, now);
        const mayAsk = caller.isOpen || caller.isOrphan;
        // A third of its questions is lost, and some answers arrive late.
        if (mayAsk && second % 5 === 0 && !dice.isBelow(0.3)) {
          caller.rate = rateOf(state, caller.id, now);
          caller.holdsUntil = now + rateHoldsMs;
        }
        if (!mayAsk) caller.rate = null;
        while (caller.call(now, tokens)) calls.push(now);
      }
    }

    function step(caller: Caller, now: number): void {
      caller.seq += 1;
      if (caller.isOrphan) {
        caller.isOrphan = false;
      } else if (!caller.isOpen) {
        caller.isOpen = true;
        apply(
          takeDeclaration(state, { ...wants(caller.id, caller.seq), run: `${caller.seq}`, began: caller.seq }, now),
        );
      } else {
        caller.isOpen = false;
        caller.isOrphan = dice.isBelow(0.2);
        const run = state.holders[caller.id]?.run ?? '';
        if (caller.isOrphan) apply(takeGone(state, [caller.id], now));
        else apply(takeDeclaration(state, { ...isDone(caller.id, caller.seq), run, began: caller.seq }, now));
      }
    }

    let most = 0;
    for (let from = 0, to = 0; to < calls.length; to += 1) {
      while ((calls[to] ?? 0) - (calls[from] ?? 0) >= minuteMs) from += 1;
      most = Math.max(most, to - from + 1);
    }
    expect(most).toBeLessThanOrEqual(rpm);
    expect(most * tokens).toBeLessThanOrEqual(tpm);
    const isAnyOpen = callers.some(({ isOpen }) => isOpen);
    const last = calls.filter((at) => at >= startedAt + 28 * minuteMs).length / 2;
    if (isAnyOpen) expect(last).toBeGreaterThan(0.8 * rpm);
    expect(calls.length).toBeGreaterThan(10 * rpm);
  });
});

test('a lane that holds a batch by an earlier grant has its part', () => {
  const state = take(limitTo({ rpm: 10 }), holds('a', 1), startedAt);
  expect(rateOf(state, 'a', startedAt)).toEqual({ rpm: 9, tpm: null });
});
