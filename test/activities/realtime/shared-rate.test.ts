// A realtime lane that shares its rate with other jobs: it makes calls only by what the dispatcher said in the last seconds.

import { expect, test } from 'vitest';
import type { Admission } from '../../../activities/dispatch/port.ts';
import type { AskedRate, RateAnswer } from '../../../domain/dispatch/lane-rate.ts';
import { type LaneRate, rateHoldsMs } from '../../../domain/dispatch/lanes.ts';
import { noLimits } from '../../../domain/dispatch/limits.ts';
import { LaneSite } from './lane-site.ts';

const items = 40;
const minuteMs = 60_000;

/** A dispatcher that only answers what a lane may use. */
function withAnswers(answer: (asked: AskedRate) => RateAnswer): { admission: Admission } {
  const refuse = (): never => {
    throw new Error('a lane only asks for its rate');
  };
  const others = { declare: refuse, listEarlierRuns: refuse, readSnapshot: refuse, askAll: refuse };
  const dispatcher = { ...others, readRate: async (asked: AskedRate) => answer(asked) };
  return { admission: { digest: '', limits: noLimits, dispatcher } };
}

/** Null: others come first. */
const withRates = (answer: (asked: AskedRate) => LaneRate | null): { admission: Admission } =>
  withAnswers((asked) => {
    const rate = answer(asked);
    if (rate === null) return { kind: 'wait', why: 'others come first' };
    return { kind: 'rate', ...rate, isSettled: true, callTokensMax: null };
  });

const holder = 'nightly';

test('a lane keeps to its part, and asks as the job that it belongs to', async () => {
  const site = await LaneSite.open(items, () => 'fine', { rpm: 1000 }, { callMs: 10 });
  const asked: AskedRate[] = [];
  const deps = withRates((lane) => {
    asked.push(lane);
    return { rpm: 10, tpm: null };
  });
  const { end } = await site.attempt({ holder }, { deps });
  expect(end).toEqual({ kind: 'done' });
  expect(Math.max(...site.countMinutes())).toBe(10);
  expect(asked[0]).toEqual({ holder, model: 'priced' });
});

test("the job's own limit holds, too", async () => {
  const site = await LaneSite.open(items, () => 'fine', { rpm: 10 }, { callMs: 10 });
  await site.attempt({ holder }, { deps: withRates(() => ({ rpm: 1000, tpm: null })) });
  expect(Math.max(...site.countMinutes())).toBe(10);
});

test('no call is made before the lane may begin', async () => {
  const site = await LaneSite.open(items, () => 'fine', {}, { callMs: 10 });
  const from = site.nowMs + 2 * minuteMs;
  const deps = withRates(() => (site.nowMs < from ? null : { rpm: null, tpm: null }));
  await site.runToEnd(items, null, { holder, deps });
  expect(site.withoutRate[0]).toMatchObject({ why: 'others come first', isUnknown: false, callTokens: null });
  expect(site.calls).toHaveLength(items);
  expect(site.calls[0]?.at).toBeGreaterThanOrEqual(from);
});

test('while the dispatcher does not answer, no call is made after the last answer is too old', async () => {
  const site = await LaneSite.open(items, () => 'fine', { rpm: 30 }, { callMs: 10 });
  const startedAt = site.nowMs;
  const [lostFrom, lostUntil] = [startedAt + 20_000, startedAt + 10 * minuteMs];
  const deps = withRates(() => {
    if (site.nowMs >= lostFrom && site.nowMs < lostUntil) throw new Error('no answer');
    return { rpm: 1000, tpm: null };
  });
  await site.runToEnd(items, null, { holder, deps });
  expect(site.withoutRate.map(({ isUnknown }) => isUnknown)).toContain(true);
  const during = site.calls.filter(({ at }) => at > lostFrom + rateHoldsMs && at < lostUntil);
  expect(during).toEqual([]);
  expect(site.calls).toHaveLength(items);
});

test('calls count from the first one on, so that a limit that is set later knows them', async () => {
  const site = await LaneSite.open(items, () => 'fine', { concurrency: 20 }, { callMs: 600 });
  const startedAt = site.nowMs;
  const deps = withRates(() => ({ rpm: site.nowMs < startedAt + 5_000 ? null : 6, tpm: null }));
  await site.attempt({ holder }, { deps });
  const early = site.calls.filter(({ at }) => at < startedAt + 10_000).length;
  const next = site.calls.filter(({ at }) => at >= startedAt + 10_000 && at < startedAt + minuteMs);
  expect(early).toBeGreaterThan(6);
  expect(next).toEqual([]);
});

test('a job that does not ask the dispatcher has only its own limits', async () => {
  const site = await LaneSite.open(items, () => 'fine', { rpm: 20 }, { callMs: 10 });
  const deps = withRates(() => {
    throw new Error('nobody asks');
  });
  await site.attempt({}, { deps });
  expect(Math.max(...site.countMinutes())).toBe(20);
});

test('while the dispatcher does not know the lane, it makes no call, and asks its job to declare again', async () => {
  const site = await LaneSite.open(items, () => 'fine', {}, { callMs: 10 });
  const { end } = await site.attempt({ holder }, { deps: withAnswers(() => ({ kind: 'unknown' })) });
  expect(end).toMatchObject({ kind: 'without_rate', isUnknown: true });
  expect(site.calls).toEqual([]);
});

test('a lane that waits for its part makes no journal, however long it waits', async () => {
  const site = await LaneSite.open(items, () => 'fine', {}, { callMs: 10 });
  const deps = withRates(() => null);
  const { lane, end } = await site.attempt({ holder, awaitedTokens: 0 }, { deps });
  expect(end).toMatchObject({ kind: 'without_rate', why: 'others come first' });
  expect(lane.journals).toBe(0);
  await site.attempt({ awaitedTokens: 0 });
  const { lane: after } = await site.attempt();
  expect(after.journals).toBe(1);
});

test('a call that is larger than the lane’s part is not made before the lane has so many tokens of its own', async () => {
  const text = 'x'.repeat(4000);
  const site = await LaneSite.open(3, () => 'fine', {}, { callMs: 10, text });
  let part = 500;
  const deps = withAnswers(() => ({ kind: 'rate', rpm: null, tpm: part, isSettled: true, callTokensMax: 5_000 }));
  const { end } = await site.attempt({ holder }, { deps });
  expect(end).toMatchObject({ kind: 'without_rate', isUnknown: false });
  const callTokens = end.kind === 'without_rate' ? (end.callTokens ?? 0) : 0;
  expect(callTokens).toBeGreaterThan(1_000);
  expect(site.calls).toEqual([]);
  // The job has declared it, and waits.
  const waiting = await site.attempt({ holder, declaredTokens: callTokens }, { deps });
  expect(waiting.end).toMatchObject({ kind: 'without_rate', callTokens: null });
  part = callTokens;
  await site.attempt({ holder, declaredTokens: callTokens }, { deps });
  expect(site.calls).toHaveLength(3);
});

test('a call that is larger than what all lanes have together is made: the provider decides', async () => {
  const site = await LaneSite.open(2, () => 'fine', {}, { callMs: 10, text: 'x'.repeat(4000) });
  const rate = { kind: 'rate', rpm: null, tpm: 500, callTokensMax: 900 } as const;
  const early = await site.attempt({ holder }, { deps: withAnswers(() => ({ ...rate, isSettled: false })) });
  expect(early.end).toMatchObject({ kind: 'without_rate', callTokens: null });
  await site.attempt({ holder }, { deps: withAnswers(() => ({ ...rate, isSettled: true })) });
  const [first, second] = site.calls;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(minuteMs);
});

test('an answer from before the machine slept does not hold after it', async () => {
  const site = await LaneSite.open(items, () => 'fine', { concurrency: 1 }, { callMs: 10 });
  let sleptMs = 0;
  const sleepAt = site.nowMs + 100;
  const deps = {
    ...withRates(() => (sleptMs > 0 ? null : { rpm: null, tpm: null })),
    now: () => {
      if (site.nowMs >= sleepAt) sleptMs = 10 * minuteMs;
      return site.nowMs + sleptMs;
    },
  };
  const { end } = await site.attempt({ holder }, { deps });
  expect(end).toMatchObject({ kind: 'without_rate' });
  expect(site.calls.filter(({ at }) => at > sleepAt + 100)).toEqual([]);
});
