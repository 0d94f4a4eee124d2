// The one realtime lane of a job: its limits hold from chunk to chunk, batch to batch and segment to segment, and its money is capped row by row.

import { expect, test } from 'vitest';
import type { JobReport } from '../../../domain/report/report.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { deadline, hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '1m', max: '5m' };
const realtimeJob = { mode: 'realtime', poll } as const;
const outage = { calls: 'sync' };

async function readRate(site: Site) {
  const [rate, ...others] = (await site.control.counts()).rates;
  if (rate === undefined || others.length > 0) throw new Error('no model was called, or several were');
  return rate;
}

const sumRealtimeUsd = ({ cost }: JobReport): number =>
  cost.byModelAndLane.reduce((sum, { lane, usd }) => sum + (lane === 'realtime' ? (usd ?? 0) : 0), 0);

test.each([
  { what: 'over chunks', name: 'chunks', rows: 1300, batch: {}, options: {} },
  { what: 'over batches', name: 'batches', rows: 1300, batch: { maxItems: 100 }, options: {} },
  { what: 'over segments', name: 'segments', rows: 1300, batch: { maxItems: 200 }, options: { batchesPerSegment: 2 } },
  {
    what: 'over runs of the job',
    name: 'runs',
    rows: 1300,
    batch: { maxItems: 100 },
    options: { historyEventsMax: 60 },
  },
])('600 requests a minute hold $what, and are used', ({ name, rows, batch, options }) =>
  Site.with(server.env, `rpm-${name}`, { ...options, sync: { rpm: 600 } }, async (site) => {
    const report = await site.run(site.openaiJob(rows, { ...realtimeJob, batch, realtime: { rpm: 600 } }));
    await site.expectPaidOnce(report, rows);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1 });
    const { peak, minutes, refused } = await readRate(site);
    expect(refused).toBe(0);
    expect(peak).toBeLessThanOrEqual(600);
    const full = minutes.slice(0, -1).map(({ passed }) => passed);
    expect(full.length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...full)).toBeGreaterThanOrEqual(550);
  }),
);

test('tokens a minute hold as the provider counts them', () =>
  Site.with(server.env, 'tpm', { sync: { tpm: 6000 } }, async (site) => {
    const text = (number: number) => ({ id: number, text: `${number} ${'word '.repeat(100)}` });
    const job = site.openaiJob(1, { ...realtimeJob, realtime: { tpm: 6000 } });
    const report = await site.run({ ...job, dataset: site.dataset(120, text) });
    await site.expectPaidOnce(report, 120);
    const { refused, tokens, minutes } = await readRate(site);
    expect(refused).toBe(0);
    expect(Math.max(...minutes.map((minute) => minute.tokens))).toBeLessThanOrEqual(6000);
    expect(tokens).toBeGreaterThan(12_000);
  }));

test('a long Retry-After is a timer, and holds for the next chunk', () =>
  Site.with(
    server.env,
    'retry-after',
    { calls: { 'openai.chat': { status: 429, times: 1, retryAfter: 1800 } } },
    async (site) => {
      const report = await site.run(site.openaiJob(600, realtimeJob));
      await site.expectPaidOnce(report, 600);
      expect(report).toMatchObject({ verdict: 'complete', waves: 1, attempts: { 1: 600 } });
      expect(Math.max(...(await site.timers('retry-after/wave-1/batch-0001')))).toBeGreaterThan(1_790_000);
      expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeGreaterThan(1_790_000);
    },
  ));

test('`fallback.maxUsd` is one cap over all waves, also for items past the deadline while rounds remain', () =>
  Site.with(server.env, 'capped', { runMs: 30 * hourMs }, async (site) => {
    const maxUsd = 0.002;
    const changes = {
      poll,
      batch: { maxItems: 60 },
      retry: { rounds: 2, backoff: '1m' },
      deadline: deadline('fallback', { batch: '1h' }),
      fallback: { maxUsd },
    };
    const report = await site.run(site.openaiJob(180, changes));
    await site.expectPaidOnce(report, 180);
    expect(report.errorsByReason).toEqual({ budget: report.rows.failed });
    expect(sumRealtimeUsd(report)).toBeGreaterThan(0.8 * maxUsd);
    expect(sumRealtimeUsd(report)).toBeLessThanOrEqual(maxUsd);
    // In order: but for what a batch has left over, the first rows have answers.
    const answered = site.results().filter(({ status }) => status === 'answered');
    expect(answered.filter(({ row }) => row <= answered.length).length).toBeGreaterThanOrEqual(answered.length - 3);
  }));

test.each([
  { where: 'in the job', name: 'budget', options: {} },
  { where: 'in segments', name: 'budget-segments', options: { batchesPerSegment: 2 } },
])('the budget of a realtime job goes row by row, as far as it reaches, $where', ({ name, options }) =>
  Site.with(server.env, name, options, async (site) => {
    const usd = 0.01;
    const report = await site.run(
      site.openaiJob(600, { ...realtimeJob, batch: { maxItems: 100 }, budget: { usd }, minBatchItems: 1 }),
    );
    await site.expectPaidOnce(report, 600);
    expect(report).toMatchObject({ verdict: 'partial', errorsByReason: { budget: report.rows.failed } });
    expect(report.rows.failed).toBeGreaterThan(0);
    expect(report.cost.usd).toBeGreaterThan(0.8 * usd);
    expect(report.cost.usd).toBeLessThanOrEqual(usd);
  }),
);

test('answers without usage count by their estimate: the budget fills by them', () =>
  Site.with(server.env, 'bare-realtime', { usage: { missing: 1 } }, async (site) => {
    const changes = { ...realtimeJob, batch: { maxItems: 60 }, minBatchItems: 1, budget: { usd: 0.01 } };
    const report = await site.run(site.openaiJob(240, changes));
    await site.expectPaidOnce(report, 240);
    expect(report).toMatchObject({ verdict: 'partial', errorsByReason: { budget: report.rows.failed } });
    expect(report.rows.answered).toBeGreaterThan(50);
    expect(report.cost.unpricedUsd).toBeGreaterThan(0.008);
    expect(report.cost.unpricedUsd).toBeLessThanOrEqual(0.0101);
  }));

test('a realtime batch of a long history continues as new, and keeps its place and its allowance', () =>
  Site.with(server.env, 'long', { historyEventsMax: 40, outage: { ...outage, how: 503 } }, async (site) => {
    await site.start(site.openaiJob(60, { ...realtimeJob, realtime: { rpm: 600 } }));
    await site.env.sleep(2 * hourMs);
    await site.control.setOptions({ outage: null });
    const report = await site.result();
    await site.expectPaidOnce(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', attempts: { 1: 60 } });
    expect((await site.runs('long/wave-1/batch-0001')).length).toBeGreaterThan(1);
  }));

test.each(['reset', 502] as const)('an outage of half a minute (%s) loses no row and uses up no attempt', (how) =>
  Site.with(server.env, `short-outage-${how}`, { outage: { ...outage, how } }, async (site) => {
    await site.start(site.openaiJob(600, { ...realtimeJob, retry: { rounds: 0 } }));
    await site.untilStatus('an outage', ({ batches }) => batches.byStage.waiting === 1, 1000);
    const met = (await site.control.counts()).outage['openai.chat'] ?? 0;
    expect(met).toBeLessThanOrEqual(4);
    await site.control.setOptions({ outage: null });
    const report = await site.result();
    site.expectWhole(report, 600);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, attempts: { 1: 600 } });
    expect(await site.timers(`short-outage-${how}/wave-1/batch-0001`)).toEqual([30_000]);
  }),
);

test('an outage of over 30 minutes raises an alert until the provider is reached again', () =>
  Site.with(server.env, 'long-outage', { outage: { ...outage, how: 502 } }, async (site) => {
    await site.start(site.openaiJob(60, realtimeJob));
    await site.env.sleep(20 * minuteMs);
    expect((await site.status()).alerts).toEqual([]);
    await site.env.sleep(25 * minuteMs);
    const { alerts, batches } = await site.status();
    expect(alerts.join()).toContain('the provider has not been reached for over 30 minutes');
    expect(batches.byStage).toEqual({ waiting: 1 });
    await site.control.setOptions({ outage: null });
    const report = await site.result();
    site.expectWhole(report, 60);
    expect(report).toMatchObject({ verdict: 'complete', attempts: { 1: 60 } });
    expect((await site.status()).alerts).toEqual([]);
  }));

test('a pause holds the probes of an outage, and the job’s deadline ends them', () =>
  Site.with(server.env, 'endless-outage', { outage: { ...outage, how: 'close' } }, async (site) => {
    await site.start(site.openaiJob(60, { ...realtimeJob, deadline: deadline('fail', { job: '3h' }) }));
    await site.env.sleep(10 * minuteMs);
    await site.update('pause');
    const before = (await site.control.counts()).outage['openai.chat'];
    expect(before).toBeGreaterThan(0);
    await site.env.sleep(hourMs);
    expect((await site.control.counts()).outage['openai.chat']).toBe(before);
    await site.update('resume');
    const report = await site.result();
    expect(report).toMatchObject({ verdict: 'none', errorsByReason: { deadline: 60 } });
    const tookMs = Date.parse(report.endedAt) - Date.parse(report.startedAt);
    expect(tookMs).toBeGreaterThan(2.9 * hourMs);
    expect(tookMs).toBeLessThan(3.1 * hourMs);
  }));

test('a job can be cancelled in an outage', () =>
  Site.with(server.env, 'cancelled-outage', { outage: { ...outage, how: 'reset' } }, async (site) => {
    await site.start(site.openaiJob(60, realtimeJob));
    await site.env.sleep(10 * minuteMs);
    await site.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    expect(site.report()).toMatchObject({ cancelled: true, errorsByReason: { cancelled: 60 } });
  }));
