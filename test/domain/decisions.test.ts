// The small decisions: what a line means, how long to wait, what may be spent, what tokens cost.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faultDelayMs, faults, pollDelayMs, reactionTo, roundDelayMs } from '../../domain/batch/backoff.ts';
import { batchFailures, blamedLines, chooseUnrunAction, tenthsDone } from '../../domain/batch/state.ts';
import { formatDuration, parseDuration } from '../../domain/duration.ts';
import { chargedUsd, fits, openBudget, reserve, settle } from '../../domain/money/budget.ts';
import { costUsd, findPrice } from '../../domain/money/cost.ts';
import { classify, reasonOfFault } from '../../domain/outcome/classify.ts';
import type { RawOutcome } from '../../domain/outcome/outcome.ts';
import { noUsage } from '../../domain/outcome/usage.ts';
import { defaultVerdicts } from '../../domain/outcome/verdict.ts';

const judging = { policy: defaultVerdicts, flawedAttempts: 0, cancelReason: 'deadline' as const, accepts: null };
const answer = (change: Partial<Extract<RawOutcome, { kind: 'answer' }>>): Extract<RawOutcome, { kind: 'answer' }> => ({
  kind: 'answer',
  customId: 'x',
  text: 'yes',
  finish: 'stop',
  finishReason: 'stop',
  usage: noUsage,
  model: 'm',
  response: {},
  ...change,
});

describe('what a line means', () => {
  test.each([
    ['rate_limited', 'retryable'],
    ['provider_error', 'retryable'],
    ['overloaded', 'retryable'],
    ['timeout', 'retryable'],
    ['bad_request', 'rejected'],
    ['not_found', 'rejected'],
    ['too_large', 'rejected'],
    ['unauthorized', 'retryable'],
    ['no_money', 'retryable'],
  ] as const)('an error of reason %s is %s', (reason, kind) => {
    expect(classify({ kind: 'error', customId: 'x', reason }, judging)).toEqual({ kind, reason });
  });

  test.each([
    [{ finish: 'length' as const }, 'truncated'],
    [{ finish: 'refused' as const, text: null }, 'refused'],
    [{ finish: 'filtered' as const }, 'filtered'],
    [{ finish: 'paused' as const }, 'paused_turn'],
    [{ text: ' \n' }, 'empty_output'],
    [{ text: null }, 'empty_output'],
  ])('an answer with %j is asked once more, and then failed', (change, reason) => {
    expect(classify(answer(change), judging)).toMatchObject({ kind: 'retryable', reason });
    expect(classify(answer(change), { ...judging, flawedAttempts: 1 })).toMatchObject({ kind: 'rejected', reason });
  });

  test('a value is an answer without text; a schema is asked of text alone', () => {
    expect(classify(answer({ text: null, value: [1, 2] }), judging)).toEqual({ kind: 'answered', output: [1, 2] });
    const picky = { ...judging, accepts: (value: unknown) => value === 1 };
    expect(classify(answer({ text: '1' }), picky)).toEqual({ kind: 'answered', output: 1 });
    expect(classify(answer({ text: '2' }), picky)).toMatchObject({ reason: 'invalid_output', output: '2' });
    expect(classify(answer({ text: '{' }), picky)).toMatchObject({ reason: 'invalid_output' });
  });

  test('what never ran says why; a cancelled batch says whose cancelling it was', () => {
    const unrun = (why: 'expired' | 'cancelled' | 'timeout') =>
      classify({ kind: 'unrun', customId: 'x', why }, judging);
    expect(unrun('expired')).toEqual({ kind: 'retryable', reason: 'expired' });
    expect(unrun('cancelled')).toEqual({ kind: 'retryable', reason: 'deadline' });
  });

  test('every fault of a call has a reaction and, in the realtime lane, a reason', () => {
    for (const fault of faults) expect([reactionTo[fault].kind, reasonOfFault[fault]]).not.toContain(undefined);
  });
});

describe('waiting', () => {
  test('between looks: 10 s, by half more each time, five minutes at most; a day costs fewer than 310', () => {
    const policy = { initialMs: 10_000, factor: 1.5, maxMs: 300_000 };
    let [looks, waited] = [0, 0];
    for (; waited < 24 * 3_600_000; looks += 1) {
      const wait = pollDelayMs(looks, policy);
      expect(wait).toBeLessThanOrEqual(300_000);
      waited += wait;
    }
    expect(looks).toBeLessThan(310);
  });

  test('between rounds it doubles', () => {
    expect([1, 2, 3].map((round) => roundDelayMs(round, 30_000))).toEqual([30_000, 60_000, 120_000]);
  });

  test("after a 429: 60, 120, 240 s, or the provider's own word where that is longer", () => {
    expect([1, 2, 3, 4].map((attempt) => faultDelayMs('rate_limited', attempt, null))).toEqual([
      60_000, 120_000, 240_000, 240_000,
    ]);
    expect(faultDelayMs('rate_limited', 1, 90_000)).toBe(90_000);
    expect(faultDelayMs('rate_limited', 1, 5)).toBe(60_000);
  });

  test('a duration is read as it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 59 }), fc.constantFrom('s', 'm'), (amount, unit) => {
        expect(formatDuration(parseDuration(`${amount}${unit}`) ?? 0)).toBe(`${amount}${unit}`);
      }),
    );
    expect(parseDuration('1h30m')).toBe(5_400_000);
    expect([parseDuration(''), parseDuration('5'), parseDuration('-1s'), parseDuration('1 h')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('money', () => {
  const work = fc.array(
    fc.record({ estimate: fc.integer({ min: 0, max: 100 }), cost: fc.integer({ min: 0, max: 100 }) }),
    { maxLength: 40 },
  );

  test('what is started never passes the cap by its estimates, and what was settled is not reserved any more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), work, (cap, jobs) => {
        let budget = openBudget(cap);
        for (const { estimate, cost } of jobs) {
          if (!fits(budget, estimate)) continue;
          budget = reserve(budget, estimate);
          expect(budget.settledUsd + budget.reservedUsd).toBeLessThanOrEqual(cap);
          budget = settle(budget, estimate, Math.min(cost, estimate));
          expect(budget.reservedUsd).toBe(0);
        }
      }),
    );
  });

  test('cached tokens are part of the input and cost their own; an unknown price is never nothing', () => {
    const price = { batch: { input: 1, cachedInput: 0.1, output: 10 }, realtime: { input: 2, output: 20 } };
    const usage = { ...noUsage, input: 1_000_000, cachedInput: 400_000, output: 100_000 };
    expect(costUsd(usage, 'batch', price)).toBeCloseTo(0.6 + 0.04 + 1, 9);
    expect(costUsd(usage, 'realtime', price)).toBeCloseTo(2 + 2, 9);
    expect(costUsd(usage, 'batch', undefined)).toBeNull();
    expect(costUsd(noUsage, 'batch', price)).toBeNull();
    expect(findPrice('m-2026-01-02', { m: price })).toBe(price);
    expect(findPrice('ft:m:me::1', { m: price })).toBe(price);
    expect(findPrice('n', { m: price })).toBeUndefined();
  });
});

describe('a batch that failed', () => {
  test('by its reason it waits, asks a person, is staged again, or gives its items back', () => {
    const actions = batchFailures.map((reason) => [reason, chooseUnrunAction([{ reason, line: null }])]);
    expect(Object.fromEntries(actions)).toEqual({
      capacity: 'wait_for_capacity',
      no_money: 'ask_a_person',
      file_missing: 'upload_again',
      whole_batch: 'give_back',
      invalid: 'give_back',
      other: 'give_back',
    });
  });

  test('the first of its errors that allows another try decides', () => {
    const errors = (['other', 'no_money', 'capacity'] as const).map((reason) => ({ reason, line: null }));
    expect(chooseUnrunAction(errors)).toBe('ask_a_person');
  });

  test('blames the lines that it names, or all', () => {
    expect(
      blamedLines([
        { reason: 'other', line: 3 },
        { reason: 'other', line: null },
        { reason: 'whole_batch', line: 3 },
      ]),
    ).toEqual(new Set([3]));
    expect(blamedLines([{ reason: 'whole_batch', line: null }])).toBe('all');
  });

  test('tells its tenths', () => {
    const view = {
      phase: 'running',
      ending: null,
      status: 's',
      createdAt: 0,
      endedAt: null,
      expiresAt: null,
      errors: [],
      files: [],
      outputs: [],
    } as const;
    expect(tenthsDone({ ...view, counts: { total: 30, done: 20, failed: 1 } })).toBe(7);
    expect(tenthsDone({ ...view, counts: null })).toBe(0);
  });
});

test('under a cap what has no price does not fit; what is in doubt is charged by its estimate', () => {
  expect(fits(openBudget(null), null)).toBe(true);
  // Three times 0.1 is a little more than 0.3 in binary fractions.
  expect(fits({ capUsd: 0.3, settledUsd: 0.1, reservedUsd: 0.1 }, 0.1)).toBe(true);
  expect(fits(openBudget(5), null)).toBe(false);
  const ended = { items: 10, costUsd: 2, rejected: {} };
  expect(chargedUsd(ended, 8)).toBe(2);
  expect(chargedUsd({ ...ended, rejected: { in_doubt: 5 } }, 8)).toBe(6);
  expect(chargedUsd({ items: 10, costUsd: null, rejected: { in_doubt: 10 } }, 8)).toBe(8);
});
