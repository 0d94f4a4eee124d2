// Pauses on real processes: a person's pause holds whatever else happens, and costs a history next to nothing.

import type { WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { JobStatus } from '../../domain/progress/status.ts';
import { Cell, until } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();
const limitMs = 120_000;

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

const readEvents = async (handle: WorkflowHandle): Promise<Events> => (await handle.fetchHistory()).events ?? [];

const update = (handle: WorkflowHandle, name: string, input: unknown = {}): Promise<JobStatus> =>
  handle.executeUpdate<JobStatus, [unknown]>(name, { args: [input] });

const untilStatus = (handle: WorkflowHandle, what: string, isSo: (status: JobStatus) => boolean): Promise<void> =>
  until(what, async () => isSo(await handle.query<JobStatus>('status')), 60_000);

test.concurrent(
  'a job that waits for money is paused by a person; then the budget is raised: it does not start before it is resumed',
  () =>
    Cell.with(server, 'money', {}, async (at) => {
      const handle = await at.start({ ...at.openaiJob(100), budget: { usd: 0.000001 } });
      await untilStatus(handle, 'waits for money', ({ pause }) => pause?.reason === 'budget');
      await update(handle, 'pause');
      const raised = await update(handle, 'setBudget', { usd: 10 });
      expect(raised).toMatchObject({ phase: 'paused', budgetUsd: 10 });
      expect(raised.pauses.map(({ reason }) => reason)).toEqual(['person']);
      // A further update is answered in a later workflow task than the one that could have started a batch.
      await update(handle, 'setConcurrency', { concurrency: 3 });
      const isStart = (event: Events[number]): boolean =>
        event.startChildWorkflowExecutionInitiatedEventAttributes != null;
      expect((await readEvents(handle)).filter(isStart)).toEqual([]);
      await update(handle, 'resume');
      await at.expectComplete(await handle.result(), 100, 1);
    }),
  limitMs,
);

test.concurrent(
  'a paused job is paused five more times: a few events each, and no batch is told again',
  () =>
    Cell.with(server, 'again', { emulator: { runMs: 600_000 } }, async (at) => {
      const told = 8;
      const handle = await at.start({
        ...at.openaiJob(80),
        batch: { maxItems: 2, concurrency: 40 },
        minBatchItems: 1,
      });
      await until('some run', async () => (await at.control.counts()).batchesCreated >= 6, 60_000);
      // No further batch can be created, so each of the next ones must learn of the first pause.
      await at.control.setOptions({ calls: { 'openai.files.create': { status: 503 } } });
      await untilStatus(handle, 'others wait', ({ batches }) => (batches.byStage.staging ?? 0) >= told);
      await update(handle, 'pause');
      const { batchesCreated } = await at.control.counts();
      const before = await readEvents(handle);
      for (let pause = 0; pause < 5; pause += 1) await update(handle, 'pause');
      const added = (await readEvents(handle)).slice(before.length);
      // An update is accepted and completed in one workflow task: five events. To tell the batches again would add sixteen to each.
      expect(added.length).toBeLessThan(50);
      const isSignal = (event: Events[number]): boolean =>
        event.signalExternalWorkflowExecutionInitiatedEventAttributes != null;
      expect(before.filter(isSignal).length).toBeGreaterThanOrEqual(told);
      expect(added.filter(isSignal)).toEqual([]);
      expect(await at.control.counts()).toMatchObject({ batchesCreated });
      await handle.terminate('shown');
    }),
  limitMs,
);
