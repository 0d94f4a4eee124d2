// Deadlines of a batch and of the job, their consequences, and a provider that does not end a cancelled batch.

import { expect, test } from 'vitest';
import { timeSkippingServer } from '../../support/temporal.ts';
import { deadline, hourMs, minuteMs, Site } from '../site.ts';

const server = timeSkippingServer();
/** Long delays, so that hours cost few polls. */
const poll = { initial: '10m', max: '1h' };
const slow = { runMs: 22 * hourMs };

test('after its deadline a batch is cancelled at the provider, its finished part is read, and the rest goes realtime', () =>
  Site.with(server.env, 'late-fallback', slow, async (site) => {
    const report = await site.run(site.openaiJob(200, { poll, deadline: { batch: '20h' } }));
    await site.expectPaidOnce(report, 200);
    expect(report).toMatchObject({ verdict: 'complete', waves: 2, batches: { count: 1, realtime: 1 } });
    const { batchesByState, sync } = await site.control.counts();
    expect(batchesByState).toEqual({ cancelled: 1 });
    expect(sync.billed).toBeGreaterThan(0);
    expect(sync.billed).toBe(site.results().filter(({ lane }) => lane === 'realtime').length);
    expect(sync.billed).toBeLessThan(200);
  }));

test('with `then: retry`, late items are sent in a batch again', () =>
  Site.with(server.env, 'late-retry', slow, async (site) => {
    await site.start(site.openaiJob(2000, { poll, deadline: deadline('retry', { batch: '20h' }) }));
    await site.env.sleep(19 * hourMs);
    await site.control.setOptions({ runMs: minuteMs });
    const report = await site.result();
    await site.expectPaidOnce(report, 2000);
    expect(report).toMatchObject({ verdict: 'complete', waves: 2, batches: { count: 2, realtime: 0 } });
  }));

test('with `then: fail`, late items fail with the reason `deadline`', () =>
  Site.with(server.env, 'late-fail', slow, async (site) => {
    const report = await site.run(site.openaiJob(200, { poll, deadline: deadline('fail', { batch: '20h' }) }));
    await site.expectPaidOnce(report, 200);
    expect(report).toMatchObject({ verdict: 'partial', waves: 1, errorsByReason: { deadline: report.rows.failed } });
    expect(report.rows.failed).toBeGreaterThan(0);
  }));

test("after the job's own deadline open batches are ended, no batch starts, and the rest goes realtime", () =>
  Site.with(server.env, 'job-late', slow, async (site) => {
    const job = site.openaiJob(120, { poll, batch: { maxItems: 60, concurrency: 1 }, deadline: { job: '2h' } });
    const report = await site.run(job);
    await site.expectPaidOnce(report, 120);
    expect(report.verdict).toBe('complete');
    expect((await site.control.counts()).batchesCreated).toBe(1);
    expect(Date.parse(report.endedAt) - Date.parse(report.startedAt)).toBeLessThan(2.5 * hourMs);
  }));

test('a paused job ends at its own deadline', () =>
  Site.with(server.env, 'paused-late', slow, async (site) => {
    const job = site.openaiJob(120, { poll, deadline: deadline('fail', { job: '2h' }) });
    await site.start(job);
    await site.update('pause');
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'none', errorsByReason: { deadline: 120 } });
  }));

test('a batch that the provider never ends is given up two hours after its expiry, and none of its items is sent again', () =>
  Site.with(server.env, 'never', { ...slow, batch: { stuckIn: 'cancelling' } }, async (site) => {
    const report = await site.run(site.openaiJob(120, { poll, deadline: { batch: '20h' } }));
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'none', waves: 1, errorsByReason: { in_doubt: 120 } });
    expect(report.inDoubtBatches).toHaveLength(1);
    const waited = Date.parse(report.endedAt) - Date.parse(report.startedAt);
    expect(waited).toBeGreaterThan(26 * hourMs);
    expect(waited).toBeLessThan(27.1 * hourMs);
    const { batchesCreated, sync } = await site.control.counts();
    expect({ batchesCreated, sync: sync.billed }).toEqual({ batchesCreated: 1, sync: 0 });
  }));

test('a batch that only a person cancelled is read for as long as any other', () => {
  const hidden = { 'openai.files.content': { status: 404 } };
  return Site.with(server.env, 'cancel-batch', { runMs: 2 * hourMs, calls: hidden }, async (site) => {
    await site.start(site.openaiJob(120, { poll: { initial: '1m', max: '5m' } }));
    await site.untilStatus('the batch runs', ({ batches }) => batches.open === 1);
    await site.env.sleep(10 * minuteMs);
    await site.client.workflow.getHandle('cancel-batch/wave-1/batch-0001').cancel();
    await site.env.sleep(2 * hourMs);
    await site.control.setOptions({ calls: null });
    const report = await site.result();
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 120 } });
  });
});

test('a cancelled job waits 30 minutes for its provider, and names the batch that did not end', () =>
  Site.with(server.env, 'cancel-never', { batch: { stuckIn: 'cancelling' }, runMs: 22 * hourMs }, async (site) => {
    await site.start(site.openaiJob(120, { poll: { initial: '1m', max: '5m' } }));
    await site.untilStatus('the batch runs', ({ batches }) => batches.open === 1);
    await site.env.sleep(10 * minuteMs);
    const askedAt = (await site.control.now()).nowMs;
    await site.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    const report = site.report();
    await site.expectPaidOnce(report, 120);
    expect(report).toMatchObject({ cancelled: true, errorsByReason: { in_doubt: 120 } });
    expect(report.inDoubtBatches).toEqual([site.results()[0]?.batchId]);
    const waited = Date.parse(report.endedAt) - askedAt;
    expect(waited).toBeGreaterThan(29 * minuteMs);
    expect(waited).toBeLessThan(45 * minuteMs);
  }));
