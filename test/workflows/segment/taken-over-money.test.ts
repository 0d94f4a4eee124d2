// A job of segments that takes over another keeps to its budget: what the other has spent counts. On the real server.

import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();
const batchesPerSegment = 8;

test('the budget of a realtime job holds over the job that takes it over', () =>
  Site.with(server.env, 'money', { batchesPerSegment, latencyMs: 30 }, async (site) => {
    const usd = 0.003;
    const job = site.openaiJob(320, {
      mode: 'realtime',
      batch: { maxItems: 20 },
      realtime: { concurrency: 2 },
      budget: { usd },
      output: 'runs/money/',
    });
    await site.start(job, 'first');
    const countCalls = async (): Promise<number> => (await site.control.counts()).requests['openai.chat'] ?? 0;
    await until('calls', async () => (await countCalls()) >= 50);
    await stop(site, 'first');
    await site.start({ resumeFrom: 'runs/money/' }, 'taker');
    const report = await site.result('taker');
    expect(report.cost.usd).toBeLessThanOrEqual(usd);
    expect(report.errorsByReason).toEqual({ budget: report.rows.failed });
  }));

/** The children first: a job's end would have them cancelled. */
async function stop(site: Site, workflowId: string): Promise<void> {
  const open = [];
  for await (const { workflowId: id } of site.client.workflow.list({ query: 'ExecutionStatus = "Running"' })) {
    if (id.startsWith(`${workflowId}/`)) open.push(id);
  }
  const ids = open.toSorted((a, b) => Number(b.includes('batch')) - Number(a.includes('batch')));
  for (const id of ids) {
    const handle = site.client.workflow.getHandle(id);
    await handle.terminate('test').catch(() => undefined);
  }
  await site.client.workflow.getHandle(workflowId).terminate('test');
}
