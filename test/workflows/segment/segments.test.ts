// A job of more batches than one workflow may hold: segments, a tree of three levels, and controls that reach every batch.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { deadline, hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
const batchesPerSegment = 4;
const poll = { initial: '1m', max: '5m' };
const batch = { maxItems: 20, concurrency: 3 };

test('batches run in segments, each with its own table, and no history holds them all', () =>
  Site.with(server.env, 'tree', { batchesPerSegment }, async (site) => {
    const report = await site.run(site.openaiJob(200, { poll, batch, minBatchItems: 1 }));
    await site.expectPaidOnce(report, 200);
    expect(report).toMatchObject({ verdict: 'complete', waves: 1, batches: { count: 10 } });
    const { segments, total } = await site.batches();
    expect({ segments, total }).toEqual({
      segments: [1, 2, 3].map((number) => `tree/wave-1/segment-000${number}`),
      total: 0,
    });
    const pages = await Promise.all(segments.map((segment) => site.batches({}, segment)));
    expect(pages.map(({ total: batches }) => batches)).toEqual([4, 4, 2]);
    const parents = await Promise.all(
      ['tree/wave-1/segment-0001', 'tree/wave-1/batch-0001', 'tree/wave-1/batch-0010'].map((id) => site.parent(id)),
    );
    expect(parents).toEqual(['tree', 'tree/wave-1/segment-0001', 'tree/wave-1/segment-0003']);
  }));

test('all segments together never have more open batches than the job allows', () =>
  Site.with(server.env, 'together', { batchesPerSegment, runMs: hourMs }, async (site) => {
    await site.start(site.openaiJob(200, { poll, batch, minBatchItems: 1 }));
    const seen: number[] = [];
    for (let check = 0; check < 30; check += 1) {
      await site.env.sleep(10 * minuteMs);
      seen.push(openOf((await site.control.counts()).batchesByState));
    }
    expect(Math.max(...seen)).toBe(3);
    expect((await site.result()).verdict).toBe('complete');
  }));

test('pause, resume and trouble reach through the segments', () =>
  Site.with(server.env, 'reach', { batchesPerSegment }, async (site) => {
    await site.start(site.openaiJob(200, { poll, batch, minBatchItems: 1 }));
    await site.untilCreated(1);
    await site.update('pause');
    await site.env.sleep(hourMs);
    const { batchesCreated, batchesByState } = await site.control.counts();
    expect(batchesByState).toEqual({ completed: batchesCreated });
    expect(batchesCreated).toBeLessThanOrEqual(3);
    await site.control.setOptions({ calls: { 'openai.files.create': { status: 401, body: '{"error":{}}' } } });
    await site.update('resume');
    const paused = await site.untilStatus('paused', ({ phase }) => phase === 'paused', minuteMs);
    expect(paused.pause?.reason).toBe('unauthorized');
    await site.control.setOptions({ calls: null });
    await site.update('resume');
    const report = await site.result();
    await site.expectPaidOnce(report, 200);
    expect(report.verdict).toBe('complete');
  }));

test("paused or not, the job's deadline ends every segment", () =>
  Site.with(server.env, 'ended', { batchesPerSegment, runMs: 22 * hourMs }, async (site) => {
    const job = site.openaiJob(200, { poll, batch, minBatchItems: 1, deadline: deadline('fail', { job: '2h' }) });
    await site.start(job);
    await site.untilCreated(3);
    await site.update('pause');
    const report = await site.result();
    await site.expectPaidOnce(report, 200);
    expect(report.errorsByReason).toEqual({ deadline: report.rows.failed });
    expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeLessThan(2.5 * hourMs);
  }));

function openOf(byState: Readonly<Record<string, number>>): number {
  const ended = ['completed', 'failed', 'expired', 'cancelled'];
  return Object.entries(byState).reduce((sum, [state, count]) => (ended.includes(state) ? sum : sum + count), 0);
}
