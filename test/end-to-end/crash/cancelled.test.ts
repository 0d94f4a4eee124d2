// Jobs that are cancelled while no workflow watches some of their batches: whatever runs at the provider is cancelled, collected and counted.

import type { WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { JobReport } from '../../../domain/report/report.ts';
import { realServer } from '../server.ts';
import { Cell, until } from './cell.ts';

const server = realServer();
const limitMs = 120_000;
const rows = 300;
/** Batches run for minutes, and are answered bit by bit. */
const emulator = { runMs: 120_000, cancelMs: 200 };

const billed = (at: Cell, items: number): Promise<void> =>
  until(`${items} items are answered`, async () => (await at.control.counts()).billed >= items);

async function terminate(at: Cell, workflowId: string): Promise<void> {
  await at.client.workflow.getHandle(workflowId).terminate('crash matrix');
}

/** Nothing runs on, and each answer that was paid for is in the results. */
async function expectCollected(at: Cell, handle: WorkflowHandle, output = at.name): Promise<void> {
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  const report: JobReport = at.readJson('report.json', output);
  const { batchesByState, billed: paid, billedTwice } = await at.control.counts();
  expect(batchesByState).toEqual({ cancelled: 3 });
  expect(billedTwice).toEqual({ byCustomId: [], byBody: [] });
  expect(report).toMatchObject({ cancelled: true, rows: { answered: paid, failed: rows - paid } });
  expect(report.errorsByReason).toEqual({ cancelled: rows - paid });
  expect(report.cost.usd).toBeGreaterThan(0);
  expect(at.results(output)).toHaveLength(rows);
}

test.concurrent(
  'a batch is terminated, and the job is cancelled before it is started again',
  () =>
    Cell.with(server, 'terminated-then', { emulator }, async (at) => {
      const handle = await at.start(at.openaiJob(rows));
      await until('three batches created', async () => (await at.control.counts()).batchesCreated === 3);
      await billed(at, 6);
      const batch = 'terminated-then/wave-1/batch-0002';
      await terminate(at, batch);
      await until('the job knows', async () => {
        const { events } = await handle.fetchHistory();
        return events?.some((event) => event.childWorkflowExecutionTerminatedEventAttributes != null) === true;
      });
      await handle.cancel();
      await expectCollected(at, handle);
    }),
  limitMs,
);

test.concurrent(
  'a job that takes over another is cancelled before it has started all of the batches that run',
  () =>
    Cell.with(server, 'taken-then', { emulator }, async (at) => {
      const old = await at.start(at.openaiJob(rows));
      await until('three batches created', async () => (await at.control.counts()).batchesCreated === 3);
      await billed(at, 6);
      // Without a worker, nothing is left that could cancel the batches.
      await at.worker.kill();
      await old.terminate('crash matrix');
      for (const batch of ['0001', '0002', '0003']) await terminate(at, `taken-then/wave-1/batch-${batch}`);
      await at.startWorker();
      const handle = await at.start({ resumeFrom: 'runs/taken-then/', batch: { concurrency: 1 } }, 'taken-then-2');
      await until('its first batch runs', async () => {
        const table = await handle.query<{ batches: { stage: string }[] }>('batches').catch(() => null);
        return table?.batches.some(({ stage }) => stage === 'running') === true;
      });
      await handle.cancel();
      await expectCollected(at, handle, 'taken-then');
    }),
  limitMs,
);
