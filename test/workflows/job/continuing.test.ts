// Jobs whose histories grow too long: they continue as new, between waves and inside one, and lose nothing.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const poll = { initial: '10m', max: '10m' };
/** Under load, a job of many batches may take a minute or two. */
const slowMs = 240_000;

test('a job and its batches continue as new inside a wave, and every batch runs once', () =>
  Site.with(server.env, 'inside', { historyEventsMax: 40, runMs: hourMs }, async (site) => {
    const batch = { maxItems: 20, concurrency: 3 };
    const report = await site.run(site.openaiJob(240, { poll, batch, minBatchItems: 1 }));
    await site.expectPaidOnce(report, 240);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 12 } });
    expect((await site.runs()).length).toBeGreaterThan(2);
    const { total, batches } = await site.batches();
    expect([total, new Set(batches.map(({ stage }) => stage))]).toEqual([12, new Set(['done'])]);
    expect((await site.control.counts()).batchesCreated).toBe(12);
  }));

test('segments, each with a straggler, do not keep the job from continuing as new', { timeout: slowMs }, () => {
  const stragglers = { outputShownAfterMs: 2 * hourMs, applyTo: { batches: [1, 6, 11, 16] } };
  const limits = { historyEventsMax: 100, batchesPerSegment: 5, runMs: hourMs, batch: stragglers };
  return Site.with(server.env, 'stragglers', limits, async (site) => {
    const batch = { maxItems: 4, concurrency: 8 };
    const report = await site.run(site.openaiJob(80, { poll, batch, minBatchItems: 1 }));
    await site.expectPaidOnce(report, 80);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 20 } });
    expect((await site.runs()).length).toBeGreaterThan(1);
    expect((await site.control.counts()).batchesCreated).toBe(20);
  });
});

test('a segment continues as new too, and knows what it had settled', { timeout: slowMs }, () =>
  Site.with(server.env, 'segmented', { historyEventsMax: 60, batchesPerSegment: 9, runMs: hourMs }, async (site) => {
    const report = await site.run(
      site.openaiJob(72, { poll, batch: { maxItems: 4, concurrency: 6 }, minBatchItems: 1 }),
    );
    await site.expectPaidOnce(report, 72);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 18 } });
    const segment = 'segmented/wave-1/segment-0001';
    expect((await site.runs(segment)).length).toBeGreaterThan(1);
    expect((await site.batches({}, segment)).total).toBe(9);
  }),
);

test('claim, pauses, budget and deadlines hold over several runs', () =>
  Site.with(server.env, 'kept', { historyEventsMax: 100, runMs: hourMs }, async (site) => {
    const batch = { maxItems: 20, concurrency: 3 };
    await site.start(site.openaiJob(240, { poll, batch, minBatchItems: 1, budget: { usd: 5 } }));
    await site.untilCreated(4, minuteMs);
    const { costUsd: before } = await site.status();
    await site.update('setDeadline', { job: '200h' });
    await site.update('setConcurrency', { concurrency: 2 });
    await site.update('pause', { note: 'a look first' });
    await site.env.sleep(3 * hourMs);
    const [first] = await site.runs();
    const paused = await site.status();
    expect(paused).toMatchObject({ phase: 'paused', budgetUsd: 5, pauses: [{ note: 'a look first' }] });
    expect(paused.costUsd).toBeGreaterThanOrEqual(before ?? 0);
    const { usd = null, lowUsd, basis } = paused.forecast ?? {};
    expect(basis).toBe(paused.items.answered);
    expect(lowUsd).toBeGreaterThanOrEqual(paused.costUsd ?? Number.NaN);
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 240);
    expect((report.cost.usd ?? Number.NaN) / (usd ?? Number.NaN)).toBeCloseTo(1, 1);
    expect(report.cost.forecast).toMatchObject({ basis: 120 });
    expect((await site.status()).forecast).toBeNull();
    expect(report.verdict).toBe('complete');
    expect(site.claim().firstRunId).toBe(first);
    expect((await site.runs()).length).toBeGreaterThan(1);
    expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeGreaterThan(3 * hourMs);
  }));
