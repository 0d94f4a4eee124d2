// A pause, a deadline and a cancellation that arrive while a realtime chunk runs: no further call begins, and no call in flight is lost. On the
// real server, because a stop travels with the reply to a heartbeat.

import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { deadline, Site } from '../site.ts';

const server = devServer();
const rows = 200;
/** Some 13 calls a second: the chunk would take a quarter of a minute. */
const slow = { latencyMs: 150 };
const slowJob = { mode: 'realtime', realtime: { concurrency: 2 } } as const;
const noticedMs = 2000;

const countCalls = async (site: Site): Promise<number> => (await site.control.counts()).requests['openai.chat'] ?? 0;

const untilCalled = (site: Site, calls: number): Promise<void> =>
  until(`${calls} calls`, async () => (await countCalls(site)) >= calls);

const passMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** When the last call began, by the emulator's clock. */
async function readLastCall(site: Site): Promise<number> {
  const calls = await site.control.requests('openai.chat');
  return Math.max(...calls.map(({ time }) => Date.parse(time)));
}

test('a pause is noticed within two seconds, calls in flight are kept, and the job continues where it was', () =>
  Site.with(server.env, 'paused-chunk', slow, async (site) => {
    await site.start(site.openaiJob(rows, slowJob));
    await untilCalled(site, 10);
    const { nowMs: pausedAt } = await site.control.now();
    await site.update('pause');
    await passMs(2 * noticedMs);
    expect((await readLastCall(site)) - pausedAt).toBeLessThan(noticedMs);
    const before = await countCalls(site);
    expect(before).toBeLessThan(rows / 4);
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, rows);
    expect(report).toMatchObject({ verdict: 'complete', attempts: { 1: rows }, anomalies: { inDoubtCalls: 0 } });
    expect(await countCalls(site)).toBe(rows);
  }));

test('a cancellation is noticed within two seconds, and every paid call is in the results', () =>
  Site.with(server.env, 'cancelled-chunk', slow, async (site) => {
    await site.start(site.openaiJob(rows, slowJob));
    await untilCalled(site, 10);
    const { nowMs: cancelledAt } = await site.control.now();
    await site.handle.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    expect((await readLastCall(site)) - cancelledAt).toBeLessThan(noticedMs);
    await expectAllPaidKept(site);
    expect(site.report().errorsByReason).toEqual({ cancelled: site.report().rows.failed });
  }));

test('a deadline is noticed within two seconds, and every paid call is in the results', () =>
  Site.with(server.env, 'late-chunk', slow, async (site) => {
    const job = { ...slowJob, deadline: deadline('fail', { job: '4s' }) };
    await site.start(site.openaiJob(rows, job));
    const report = await site.result();
    expect((await readLastCall(site)) - Date.parse(report.startedAt)).toBeLessThan(4000 + noticedMs);
    await expectAllPaidKept(site);
    expect(report.errorsByReason).toEqual({ deadline: report.rows.failed });
  }));

test('a job cancelled while calls are slow waits for them: they are paid', () =>
  Site.with(server.env, 'slow-calls', { latencyMs: 4000 }, async (site) => {
    await site.start(site.openaiJob(rows, { ...slowJob, realtime: { concurrency: 4 } }));
    await untilCalled(site, 4);
    await site.handle.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    expect(await countCalls(site)).toBe(4);
    expect(site.report().rows.answered).toBe(4);
    expect(site.report().cost.usd).toBeGreaterThan(0);
    await expectAllPaidKept(site);
  }));

async function expectAllPaidKept(site: Site): Promise<void> {
  const { answered } = site.report().rows;
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(rows);
  expect(await countCalls(site)).toBe(answered);
}
