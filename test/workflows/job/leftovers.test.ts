// What a job that ends would leave behind at the provider: it is cancelled there, and what it finished is collected. On the real server.

import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 60_000, finalizeMs: 50, cancelMs: 50 };
const changes = { poll: { initial: '300ms', max: '500ms' }, batch: { maxItems: 20, concurrency: 4 }, minBatchItems: 1 };

test('a batch whose workflow was terminated before the job was cancelled does not run on', () =>
  Site.with(server.env, 'terminated', quick, async (site) => {
    await site.start(site.openaiJob(80, changes));
    await site.untilCreated(4, 100);
    await site.client.workflow.getHandle('terminated/wave-1/batch-0002').terminate('test');
    await site.handle.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    await expectNothingRuns(site, 80);
  }));

test('a job that is cancelled as soon as it took over another leaves none of its batches running', () =>
  Site.with(server.env, 'taker', quick, async (site) => {
    await site.start(site.openaiJob(80, { ...changes, output: 'runs/taken/' }), 'first');
    await site.untilCreated(4, 100);
    // The batches first: a job's end would have them cancelled.
    for (const batch of [1, 2, 3, 4]) {
      await site.client.workflow.getHandle(`first/wave-1/batch-000${batch}`).terminate('test');
    }
    await site.client.workflow.getHandle('first').terminate('test');
    await site.start({ resumeFrom: 'runs/taken/' }, 'taker');
    await until('it has the output', () => site.claim('taken').workflowId === 'taker');
    await site.handle.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    const { batchesByState } = await site.control.counts();
    expect(batchesByState).toEqual({ cancelled: 4 });
  }));

test('a batch whose workflow a person has reset is cancelled with the job', () =>
  Site.with(server.env, 'reset-batch', { ...quick, cancelGrace: '4s' }, async (site) => {
    await site.start(site.openaiJob(20, changes));
    await site.untilCreated(1, 100);
    const workflowId = 'reset-batch/wave-1/batch-0001';
    const { runId } = await site.client.workflow.getHandle(workflowId).describe();
    const task = (await site.events(workflowId)).find((event) => event.workflowTaskCompletedEventAttributes != null);
    await site.client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      reason: 'test',
      requestId: randomUUID(),
      workflowTaskFinishEventId: task?.eventId ?? null,
    });
    await site.handle.cancel();
    expect(await site.failure()).toBe('CancelledFailure');
    expect((await site.control.counts()).batchesByState).toEqual({ cancelled: 1 });
    await site.expectPaidOnce(site.report(), 20);
  }));

async function expectNothingRuns(site: Site, rows: number): Promise<void> {
  const { batchesByState } = await site.control.counts();
  expect(batchesByState).toEqual({ cancelled: 4 });
  const report = site.report();
  await site.expectPaidOnce(report, rows);
  expect(report.errorsByReason).toEqual({ cancelled: report.rows.failed });
  expect(report.batches.count).toBe(4);
}
