// The wave machine always ends, and every wave has items to send that may be sent.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Counts, type ItemReason, itemReasons } from '../../../domain/outcome/outcome.ts';
import { defaultVerdicts } from '../../../domain/outcome/verdict.ts';
import { jobModes } from '../../../domain/plan/route.ts';
import { firstWave, nextWave, type Wave, type WavePolicy } from '../../../domain/waves/waves.ts';

const retryableReasons = itemReasons.filter((reason) => defaultVerdicts[reason] !== 'fail');
const counts: fc.Arbitrary<Counts> = fc.dictionary(
  fc.constantFrom(...retryableReasons),
  fc.integer({ min: 0, max: 9 }),
);
const policies: fc.Arbitrary<WavePolicy> = fc.record({
  mode: fc.constantFrom(...jobModes),
  retry: fc.record({ rounds: fc.integer({ min: 0, max: 6 }), backoffMs: fc.constant(30_000) }),
  deadline: fc.record({
    batchMs: fc.constant(1),
    jobMs: fc.constant(null),
    // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, and never a function.
    then: fc.constantFrom('fallback', 'retry', 'fail'),
  }),
  fallback: fc.record({ lane: fc.constantFrom('realtime', 'none'), maxUsd: fc.constant(null) }),
  policy: fc.constant(defaultVerdicts),
});

interface Step {
  readonly wave: Wave;
  readonly retryable: Counts;
}

/** A job's waves, each with the failures that the provider gives it; a wave's failures are among the items that it sent. */
function wavesOf(policy: WavePolicy, outcomes: readonly Counts[]): Step[] {
  const steps: Step[] = [];
  let [rounds, fallbackDone] = [0, false];
  for (let wave: Wave | null = firstWave; wave !== null; ) {
    const retryable: Counts = outcomes[steps.length % outcomes.length] ?? {};
    steps.push({ wave, retryable });
    if (wave.kind === 'retry') rounds += 1;
    if (wave.kind === 'fallback') fallbackDone = true;
    const state = {
      number: wave.number,
      sources: [wave.number],
      cutBytes: null,
      rounds,
      fallbackDone,
      retryable,
      pastDeadline: false,
      cancelled: false,
      again: null,
    };
    wave = nextWave(state, policy);
    if (steps.length > 100) throw new Error('it never ends');
  }
  return steps;
}

test('if anything fails, a job has its rounds, at most one fallback, and an end', () => {
  fc.assert(
    fc.property(policies, fc.array(counts, { minLength: 1, maxLength: 8 }), (policy, outcomes) => {
      const steps = wavesOf(policy, outcomes);
      const kinds = steps.map(({ wave }) => wave.kind);
      expect(kinds.filter((kind) => kind === 'retry').length).toBeLessThanOrEqual(policy.retry.rounds);
      expect(kinds.filter((kind) => kind === 'fallback').length).toBeLessThanOrEqual(
        policy.fallback.lane === 'none' ? 0 : 1,
      );
      expect(kinds.indexOf('fallback') === -1 || kinds.at(-1) === 'fallback').toBe(true);
    }),
  );
});

test('a wave follows the one before, and sends only what failed there, each reason in one lane', () => {
  fc.assert(
    fc.property(policies, fc.array(counts, { minLength: 1, maxLength: 8 }), (policy, outcomes) => {
      const steps = wavesOf(policy, outcomes);
      for (const [index, { wave }] of steps.slice(1).entries()) {
        const before = steps[index];
        expect(wave.number).toBe(index + 2);
        expect(wave.sources).toEqual([index + 1]);
        const sent = [...wave.batchReasons, ...wave.realtimeReasons];
        expect(sent.length).toBeGreaterThan(0);
        expect(new Set(sent).size).toBe(sent.length);
        expect(sent.every((reason) => (before?.retryable[reason] ?? 0) > 0)).toBe(true);
        if (policy.mode === 'realtime') {
          expect(wave.batchReasons).toEqual([]);
        } else if (policy.fallback.lane === 'none') {
          expect(wave.realtimeReasons).toEqual([]);
        }
      }
    }),
  );
});

test('every item that may be sent again is sent while a round is left', () => {
  fc.assert(
    fc.property(policies, counts, (policy, retryable) => {
      const state = {
        number: 1,
        sources: [1],
        cutBytes: null,
        rounds: 0,
        fallbackDone: false,
        retryable,
        pastDeadline: false,
        cancelled: false,
        again: null,
      };
      const wave = nextWave(state, policy);
      if (policy.retry.rounds === 0) return;
      const sent = new Set<ItemReason>([...(wave?.batchReasons ?? []), ...(wave?.realtimeReasons ?? [])]);
      for (const reason of retryableReasons) {
        if ((retryable[reason] ?? 0) > 0 && defaultVerdicts[reason] !== 'deadline') expect(sent.has(reason)).toBe(true);
      }
    }),
  );
});

const ofWave = (number: number) => ({ number, sources: [number], cutBytes: null });

test('a cancelled job has no further wave, even if a person asked for one', () => {
  fc.assert(
    fc.property(policies, counts, (policy, retryable) => {
      const state = { ...ofWave(1), rounds: 0, fallbackDone: false, retryable, pastDeadline: false, cancelled: true };
      expect(nextWave({ ...state, again: ['truncated'] }, policy)).toBeNull();
    }),
  );
});

test('`retryFailed` sends final failures again, from all waves', () => {
  const policy: WavePolicy = {
    mode: 'batch',
    retry: { rounds: 3, backoffMs: 1 },
    fallback: { lane: 'none', maxUsd: null },
    policy: defaultVerdicts,
    // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, and never a function.
    deadline: { batchMs: 1, jobMs: null, then: 'fail' },
  };
  const state = { ...ofWave(4), rounds: 3, fallbackDone: false, retryable: {}, pastDeadline: false, cancelled: false };
  expect(nextWave({ ...state, again: null }, policy)).toBeNull();
  expect(nextWave({ ...state, again: ['bad_request'] }, policy)).toMatchObject({
    kind: 'again',
    number: 5,
    sources: [1, 2, 3, 4],
    batchReasons: ['bad_request'],
    rejectedReasons: ['bad_request'],
  });
});

test('items of a batch that was too large are split before anything else is sent again, in no round', () => {
  const policy: WavePolicy = {
    mode: 'batch',
    retry: { rounds: 0, backoffMs: 1 },
    fallback: { lane: 'none', maxUsd: null },
    policy: defaultVerdicts,
    // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, and never a function.
    deadline: { batchMs: 1, jobMs: null, then: 'fail' },
  };
  const retryable = { oversized: 40, provider_error: 3 };
  const state = { number: 2, sources: [1, 2], rounds: 0, fallbackDone: false, pastDeadline: false, cancelled: false };
  const split = { kind: 'split', number: 3, sources: [1, 2], batchReasons: ['oversized'], cutBytes: 700, delayMs: 0 };
  expect(nextWave({ ...state, retryable, cutBytes: 700, again: null }, policy)).toMatchObject(split);
  expect(nextWave({ ...state, retryable: { provider_error: 3 }, cutBytes: 700, again: null }, policy)).toBeNull();
  const late = { ...state, retryable, cutBytes: 700, again: null, pastDeadline: true };
  expect(nextWave(late, policy)).toBeNull();
});
