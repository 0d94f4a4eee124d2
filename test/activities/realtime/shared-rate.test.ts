// A realtime lane that shares its rate with other jobs: it makes calls only by what the dispatcher said in the last seconds.

import { expect, test } from 'vitest';
import type { Admission } from '../../../activities/dispatch/port.ts';
import { type LaneRate, rateHoldsMs } from '../../../domain/dispatch/lanes.ts';
import { noLimits } from '../../../domain/dispatch/limits.ts';
import { LaneSite } from './lane-site.ts';

const items = 40;
const minuteMs = 60_000;

interface Asked {
  readonly holder: string;
  readonly model: string;
}

/** A dispatcher that only answers what a lane may use. */
function withRates(answer: (lane: Asked) => LaneRate | null): { admission: Admission } {
  const refuse = (): never => {
    throw new Error('a lane only asks for its rate');
  };
  const others = { declare: refuse, listEarlierRuns: refuse, readSnapshot: refuse, askAll: refuse };
  const dispatcher = { ...others, readRate: async (lane: Asked) => answer(lane) };
  return { admission: { digest: '', limits: noLimits, dispatcher } };
}

const holder = 'nightly';

test('a lane keeps to its part, and asks as the job that it belongs to', async () => {
  const site = await LaneSite.open(items, () => 'fine', { rpm: 1000 }, { callMs: 10 });
  const asked: Asked[] = [];
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
  await site.attempt({ holder }, { deps: withRates(() => (site.nowMs < from ? null : { rpm: null, tpm: null })) });
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
  await site.attempt({ holder }, { deps });
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
