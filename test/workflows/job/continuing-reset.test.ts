// A job that continued as new and is reset to an earlier run: what is settled on disk stays settled. On the real server.

import { randomUUID } from 'node:crypto';
import { defineSearchAttributeKey } from '@temporalio/common';
import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 1000, finalizeMs: 50, cancelMs: 50 };

/** On a busy machine a job of ten batches may take a minute. */
const slowMs = 120_000;

test('a job that is reset to an earlier run pays for nothing twice', { timeout: 2 * slowMs }, () =>
  Site.with(server.env, 'reset', { ...quick, historyEventsMax: 40 }, async (site) => {
    const changes = { poll: { initial: '300ms', max: '500ms' }, batch: { maxItems: 20, concurrency: 2 } };
    const job = site.openaiJob(200, { ...changes, minBatchItems: 1, retry: { backoff: '1s' } });
    await site.client.workflow.start('processDataset', {
      workflowId: site.name,
      taskQueue: site.name,
      args: [job],
      memo: { from: 'a person' },
    });
    await until('the job has continued', async () => (await site.runs()).length > 1, slowMs);
    const [firstRun = ''] = await site.runs();
    const { events } = await site.client.workflow.getHandle(site.name, firstRun).fetchHistory();
    const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes != null);
    await site.client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: site.name, runId: firstRun },
      reason: 'test',
      requestId: randomUUID(),
      workflowTaskFinishEventId: tasks[Math.floor(tasks.length / 2)]?.eventId ?? null,
    });
    const report = await site.result();
    await site.expectPaidOnce(report, 200);
    expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 200 } });
    expect(site.claim().firstRunId).toBe(firstRun);
    const { memo, typedSearchAttributes } = await site.handle.describe();
    expect(memo).toMatchObject({ nightshift: { verdict: 'complete', answered: 200 }, from: 'a person' });
    const read = (name: string) => typedSearchAttributes.get(defineSearchAttributeKey(name, 'KEYWORD'));
    expect([read('NightshiftProvider'), read('NightshiftPhase')]).toEqual(['openai', 'done']);
  }),
);
