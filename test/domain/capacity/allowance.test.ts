// The realtime lane's allowance: never over a limit in any minute, nothing waits for ever, and a new limit holds from the next call on.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Allowance,
  afterAnswer,
  afterRefusal,
  countCall,
  countPlaces,
  findStart,
  type LaneLimits,
  openAllowance,
  shiftAllowance,
} from '../../../domain/capacity/allowance.ts';

interface Begun {
  readonly at: number;
  readonly tokens: number;
}

const minuteMs = 60_000;
const unlimited: LaneLimits = { concurrency: 16, rpm: null, tpm: null };
const limit = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: null });
const someLimits = fc.record({ concurrency: fc.constant(16), rpm: limit(100), tpm: limit(3000) });
/** A call, how long after the one before it is wanted, and whether its clock is new: its chunk was carried to another worker. */
const someCalls = fc.array(
  fc.record({
    tokens: fc.integer({ min: 1, max: 400 }),
    pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 })),
    isCarried: fc.boolean(),
  }),
  { minLength: 1, maxLength: 120 },
);

const carry = (allowance: Allowance): Allowance => JSON.parse(JSON.stringify(allowance));
const sum = (calls: readonly Begun[]): number => calls.reduce((total, { tokens }) => total + tokens, 0);

/** The minute that ends with a call, by any 60 seconds. */
const listMinute = (begun: readonly Begun[], last: Begun): Begun[] =>
  begun.filter(({ at }) => at > last.at - minuteMs && at <= last.at);

describe('calls and tokens of a minute', () => {
  test('no 60 seconds have more than is allowed, except for a call that is larger by itself, which is alone', () => {
    fc.assert(
      fc.property(someLimits, someCalls, (limits, calls) => {
        let [allowance, now] = [openAllowance, 0];
        const begun: Begun[] = [];
        for (const { tokens, pauseMs, isCarried } of calls) {
          now = findStart(isCarried ? carry(allowance) : allowance, tokens, limits, now + pauseMs);
          allowance = countCall(allowance, tokens, limits, now);
          begun.push({ at: now, tokens });
          const minute = listMinute(begun, { at: now, tokens });
          if (limits.rpm !== null) expect(minute.length).toBeLessThanOrEqual(limits.rpm);
          if (limits.tpm !== null && minute.length > 1) expect(sum(minute)).toBeLessThanOrEqual(limits.tpm);
          expect(allowance.seconds.length).toBeLessThanOrEqual(62);
        }
      }),
    );
  });

  test('every call begins at last: within some 62 seconds, if no other call begins before', () => {
    fc.assert(
      fc.property(someLimits, someCalls, fc.integer({ min: 1, max: 10_000 }), (limits, calls, tokens) => {
        let [allowance, now] = [openAllowance, 0];
        for (const call of calls) {
          now = findStart(allowance, call.tokens, limits, now);
          allowance = countCall(allowance, call.tokens, limits, now);
        }
        const startAt = findStart(allowance, tokens, limits, now);
        expect(startAt - now).toBeLessThanOrEqual(61_500);
        expect(findStart(allowance, tokens, limits, startAt)).toBe(startAt);
      }),
    );
  });

  test('a call asked for at an earlier or a later time gets the same time, or may begin immediately', () => {
    fc.assert(
      fc.property(someLimits, someCalls, fc.integer({ min: 0, max: 100_000 }), (limits, calls, laterMs) => {
        let [allowance, now] = [openAllowance, 0];
        for (const call of calls) {
          now = findStart(allowance, call.tokens, limits, now);
          allowance = countCall(allowance, call.tokens, limits, now);
        }
        const startAt = findStart(allowance, 10, limits, now);
        if (now + laterMs <= startAt) expect(findStart(allowance, 10, limits, now + laterMs)).toBe(startAt);
        expect(findStart(shiftAllowance(allowance, 5000), 10, limits, now + 5000)).toBe(startAt + 5000);
      }),
    );
  });
});

describe('limits that are used', () => {
  test('a limit that changes holds from the next call on: over it only as long as calls from before count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (before, after) => {
        let [allowance, now] = [openAllowance, 0];
        const begun: Begun[] = [];
        for (let calls = 0; calls < 200; calls += 1) {
          const limits = { ...unlimited, rpm: calls < 100 ? before : after };
          now = findStart(allowance, 1, limits, now);
          allowance = countCall(allowance, 1, limits, now);
          begun.push({ at: now, tokens: 1 });
          const minute = listMinute(begun, { at: now, tokens: 1 });
          expect(minute.length).toBeLessThanOrEqual(limits.rpm);
        }
        // It is used too: the last full minute has about as many calls as the new limit.
        expect(listMinute(begun, { at: now, tokens: 1 }).length).toBeGreaterThanOrEqual(Math.floor(after * 0.9));
      }),
    );
  });

  test('with 600 requests a minute and calls that are always waiting, each full minute has 550 to 600', () => {
    let [allowance, now] = [openAllowance, 1234];
    const limits = { ...unlimited, rpm: 600 };
    const minutes: number[] = [];
    while (now < 45 * minuteMs) {
      // A pause, as a worker's death makes one.
      if (now > 30 * minuteMs && now < 30.2 * minuteMs) now += 40_000;
      now = findStart(allowance, 1, limits, now);
      allowance = countCall(carry(allowance), 1, limits, now);
      const minute = Math.floor(now / minuteMs);
      minutes[minute] = (minutes[minute] ?? 0) + 1;
      now += 13;
    }
    const full = minutes.slice(0, -1).filter((_, minute) => minute !== 30);
    expect(full.length).toBeGreaterThan(40);
    expect(Math.min(...full)).toBeGreaterThanOrEqual(550);
    expect(Math.max(...full)).toBeLessThanOrEqual(600);
  });

  test('without limits by the minute nothing is kept', () => {
    expect(countCall(openAllowance, 100, unlimited, 0)).toEqual(openAllowance);
    expect(findStart(openAllowance, 100, unlimited, 77)).toBe(77);
  });
});

describe('calls at the same time', () => {
  test('they halve when refused, never below one, and grow by one to what is allowed', () => {
    let allowance = openAllowance;
    for (let answers = 0; answers < 1000; answers += 1) allowance = afterAnswer(allowance, unlimited);
    expect(countPlaces(allowance, unlimited)).toBe(16);
    allowance = afterRefusal(allowance, 500, 1000);
    expect(countPlaces(allowance, unlimited)).toBe(8);
    for (let refusals = 0; refusals < 9; refusals += 1) allowance = afterRefusal(allowance, 0, 1000);
    expect(countPlaces(allowance, unlimited)).toBe(1);
    expect(countPlaces(openAllowance, { ...unlimited, concurrency: 2 })).toBe(2);
  });

  test('after a Retry-After no call begins before it is over, whatever shorter one comes after it', () => {
    const refused = afterRefusal(afterRefusal(openAllowance, 90_000, 1000), 500, 2000);
    expect(findStart(refused, 1, unlimited, 2000)).toBe(91_000);
    expect(findStart(refused, 1, unlimited, 95_000)).toBe(95_000);
    expect(findStart(shiftAllowance(refused, 10), 1, unlimited, 2000)).toBe(91_010);
  });
});
