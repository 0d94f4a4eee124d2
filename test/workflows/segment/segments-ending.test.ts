// Segments that are cancelled or vanish. On the real server, because the one that skips time cannot cancel an activity that ends in the
// same moment.

import { expect, test } from 'vitest';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();

const changes = {
  poll: { initial: '500ms', max: '1s' },
  batch: { maxItems: 20, concurrency: 4 },
  minBatchItems: 1,
  retry: { backoff: '1s' },
};

test('a segment that vanished is started again and adopts its batches', () =>
  Site.with(
    server.env,
    'vanished',
    { batchesPerSegment: 4, validateMs: 50, runMs: 3000, cancelMs: 50 },
    async (site) => {
      await site.start(site.openaiJob(120, changes));
      await site.untilCreated(2, 200);
      await site.client.workflow.getHandle('vanished/wave-1/segment-0001').terminate('test');
      const report = await site.result();
      await site.expectPaidOnce(report, 120);
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 120 } });
    },
  ));

test('a cancelled job collects the finished answers of all its segments', () =>
  Site.with(
    server.env,
    'stopped',
    { batchesPerSegment: 4, validateMs: 50, runMs: 20_000, cancelMs: 50 },
    async (site) => {
      await site.start(site.openaiJob(200, changes));
      await site.untilCreated(4, 200);
      await site.cancel('stopped/wave-1/batch-0004');
      expect(await site.failure()).toBe('CancelledFailure');
      const report = site.report();
      await site.expectPaidOnce(report, 200);
      expect(report).toMatchObject({ cancelled: true, errorsByReason: { cancelled: report.rows.failed } });
      expect(report.rows.failed).toBeGreaterThan(0);
    },
  ));

test('a segment that a person cancels costs time, never rows: its items are answered or sent again, and no other item is in doubt', () =>
  Site.with(
    server.env,
    'by-hand',
    { batchesPerSegment: 6, validateMs: 50, runMs: 3000, cancelMs: 50 },
    async (site) => {
      // Most of the segment's batches are not started when it is cancelled.
      await site.start(site.openaiJob(220, { ...changes, batch: { maxItems: 20, concurrency: 2 } }));
      await site.untilCreated(2, 200);
      await site.client.workflow.getHandle('by-hand/wave-1/segment-0001').cancel();
      const report = await site.result();
      await site.expectPaidOnce(report, 220);
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 220, failed: 0 }, errorsByReason: {} });
      const { billed, sync } = await site.control.counts();
      expect(billed + sync.billed).toBe(220);
    },
  ));
