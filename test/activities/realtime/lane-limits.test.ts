// The lane's limits hold over chunks, attempts and workers: requests and tokens by the minute, Retry-After, and money.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAllowance } from '../../../domain/capacity/allowance.ts';
import { output, quietEnvironment } from '../plan/planning.ts';
import { failCall, LaneSite } from './lane-site.ts';

const journal = (lane: LaneSite, number: number): string[] =>
  readFileSync(join(lane.folder.root, output, `answers/wave-1/batch-0001.journal-${number}.raw`), 'utf8')
    .trimEnd()
    .split('\n');

/** By any 60 seconds. */
const mostInMinute = (lane: LaneSite): number =>
  Math.max(...lane.calls.map(({ at }) => lane.calls.filter((each) => each.at > at - 60_000 && each.at <= at).length));

test('600 requests a minute: each full minute has 550 to 600, over chunks of 250', async () => {
  const lane = await LaneSite.open(2000, () => 'yes', { rpm: 600, concurrency: 16 }, { callMs: 20 });
  await lane.runToEnd(250);
  const full = lane.countMinutes().slice(0, -1);
  expect(full.length).toBeGreaterThanOrEqual(3);
  expect(Math.min(...full)).toBeGreaterThanOrEqual(550);
  expect(mostInMinute(lane)).toBeLessThanOrEqual(600);
}, 60_000);

test('tokens a minute: the output that a request may have is counted, and no minute has more', async () => {
  const text = 'x'.repeat(4000);
  const lane = await LaneSite.open(30, () => 'yes', { tpm: 5200 }, { text });
  await lane.runToEnd(10);
  // About 1,050 tokens of input each, and 16 of output.
  expect(mostInMinute(lane)).toBe(4);
  expect(await lane.collect()).toMatchObject({ answered: 30 });
});

test('a worker that is killed hands its calls on by its journal: no minute has more than is allowed', async () => {
  const lane = await LaneSite.open(200, () => 'yes', { rpm: 60 }, { callMs: 10 });
  const first = quietEnvironment();
  const dying = lane.attempt({}, { env: first, deps: { wait: async () => Promise.reject(new Error('killed')) } });
  await expect(dying).rejects.toThrow('killed');
  expect(lane.calls.length).toBeGreaterThan(1);
  lane.nowMs += 3000;
  await lane.attempt();
  expect(lane.calls).toHaveLength(200);
  expect(mostInMinute(lane)).toBeLessThanOrEqual(60);
  // Nor is it started from nothing: the calls of the dead worker count.
  const early = lane.calls.filter(({ at }) => at < 1_000_000 + 60_000);
  expect(early.length).toBeLessThanOrEqual(60);
});

test('calls of an attempt that waited for its worker count from when the next one was scheduled', async () => {
  const lane = await LaneSite.open(100, () => 'yes', { rpm: 60 });
  const [first] = lane.ids;
  // Its clock is ten minutes behind.
  const at = lane.nowMs - 600_000;
  const ids = lane.ids.slice(1, 60);
  lane.leave('batch-0001.journal-1.raw', [
    `{"began":${at}}`,
    ...ids.map((id) => `{"sent":"${id}","at":${at},"tokens":20,"nanoUsd":null}`),
    `{"sent":"${first}","at":${at},"tokens":20,"nanoUsd":null}`,
    '',
  ]);
  const before = lane.nowMs;
  await lane.attempt();
  // Sixty calls may have been made just now: the next one comes a minute later.
  expect(Math.min(...lane.calls.map(({ at: begun }) => begun))).toBeGreaterThanOrEqual(before + 60_000);
});

test('journals of earlier versions, without times, are still read', async () => {
  const lane = await LaneSite.open(3, () => 'yes', { rpm: 60 });
  lane.leave('batch-0001.journal-1.raw', [
    `{"sent":"${lane.ids[0]}"}`,
    `{"gaveUp":"${lane.ids[0]}","fault":"timeout"}`,
    '',
  ]);
  await lane.attempt();
  expect(lane.calls.map(({ row }) => row)).toEqual([2, 3]);
  expect(await lane.collect()).toMatchObject({ answered: 2, retryable: { timeout: 1 } });
});

test('a Retry-After holds over chunks; a long one is waited for outside of the activity', async () => {
  const limited = failCall('rate_limited', { status: 429, retryAfterMs: 600_000 });
  const lane = await LaneSite.open(40, ({ row, nth }) => (row === 5 && nth === 1 ? limited : 'yes'), {
    concurrency: 1,
  });
  await lane.runToEnd(5);
  expect(lane.waits).toEqual([600_000]);
  const after = lane.calls.filter(({ at }) => at > 1_000_000);
  expect(Math.min(...after.map(({ at }) => at))).toBeGreaterThanOrEqual(1_600_000);
  expect(await lane.collect()).toMatchObject({ answered: 40 });
});

test('a Retry-After is in the journal: the next worker obeys it', async () => {
  const limited = failCall('rate_limited', { status: 429, retryAfterMs: 40_000 });
  const lane = await LaneSite.open(8, ({ row, nth }) => (row === 2 && nth === 1 ? limited : 'yes'), { concurrency: 1 });
  const killed = lane.attempt({}, { deps: { wait: async () => Promise.reject(new Error('killed')) } });
  await expect(killed).rejects.toThrow('killed');
  expect(journal(lane, 1).some((line) => line.startsWith('{"slowed":'))).toBe(true);
  const before = lane.calls.length;
  const startedAt = lane.nowMs;
  await lane.attempt();
  expect(lane.calls.slice(before).every(({ at }) => at >= startedAt + 40_000)).toBe(true);
});

test('a stop is noticed in a wait; calls in flight are awaited, kept and counted, and none begins', async () => {
  let release: () => void = () => undefined;
  const open = new Promise<string>((resolve) => {
    release = () => resolve('late');
  });
  const lane = await LaneSite.open(50, ({ row }) => (row <= 2 ? open : 'yes'), { concurrency: 2 });
  const env = quietEnvironment();
  const attempt = lane.attempt({ grantUsd: 100 }, { env });
  await untilTrue(() => lane.calls.length === 2);
  env.cancel();
  await new Promise((resolve) => setTimeout(resolve, 20));
  release();
  const { end, lane: state } = await attempt;
  expect(end).toEqual({ kind: 'stopped' });
  expect(lane.calls).toHaveLength(2);
  // Two answers of 100 tokens of input and 10 of output each, at the price of the realtime lane.
  expect(state.spentUsd).toBeCloseTo(2 * 0.0004, 9);
  expect(await lane.attempt()).toMatchObject({ asked: 48 });
});

test('money goes row by row, in order, as far as it reaches; what answers leave over is used', async () => {
  // Each row is estimated at some 0.0004 USD, and each answer costs 0.0004.
  const lane = await LaneSite.open(30, () => 'yes', {});
  await lane.runToEnd(10, 0.004);
  const answered = lane.calls.map(({ row }) => row);
  expect(answered).toEqual(Array.from({ length: answered.length }, (_, index) => index + 1));
  expect(answered.length).toBeGreaterThanOrEqual(8);
  expect(lane.lane.spentUsd).toBeLessThanOrEqual(0.004);
  const tally = await lane.collect();
  expect(tally).toMatchObject({ answered: answered.length, rejected: { budget: 30 - answered.length } });
  expect(tally.costUsd).toBeLessThanOrEqual(0.004);
});

test('a killed worker’s answers and its calls in flight count as spent', async () => {
  const lane = await LaneSite.open(10, () => 'yes');
  const [first, second] = lane.ids;
  lane.leave('batch-0001.journal-1.raw', [
    `{"began":${lane.nowMs}}`,
    `{"sent":"${first}","at":${lane.nowMs},"tokens":20,"nanoUsd":1000000}`,
    `{"sent":"${second}","at":${lane.nowMs},"tokens":20,"nanoUsd":2000000}`,
    `{"heard":"${first}"}`,
    '',
  ]);
  const left = await lane.attempt({ grantUsd: 0.0021 });
  // Of 0.0021 USD, 0.002 may be billed for the call in flight: no further row fits.
  expect(lane.calls).toEqual([]);
  expect(left.lane).toMatchObject({ spentUsd: 0.002, journals: 2 });
  const again = await lane.attempt({ grantUsd: 0.0021, lane: left.lane });
  expect(again.lane.spentUsd).toBe(0.002);
  expect(await lane.collect()).toMatchObject({ answered: 0, rejected: { budget: 10 } });
});

test('what was handed on is not counted again from the journals', async () => {
  const lane = await LaneSite.open(20, () => 'yes', { rpm: 15 });
  const first = await lane.attempt({ count: 10 });
  const calls = first.lane.allowance.seconds.reduce((sum, second) => sum + second.calls, 0);
  expect(calls).toBe(10);
  const second = await lane.attempt({ count: 10, lane: first.lane });
  expect(second.lane.allowance.seconds).toEqual(first.lane.allowance.seconds);
  const lost = await lane.attempt({ count: 10, lane: { allowance: openAllowance, spentUsd: 0, journals: 0 } });
  expect(lost.lane.allowance.seconds.reduce((sum, each) => sum + each.calls, 0)).toBe(10);
});

async function untilTrue(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
