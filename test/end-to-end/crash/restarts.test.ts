// Batches that vanish after the job's deadline, and jobs taken over while the old job's children still run.

import { describe, expect, test } from 'vitest';
import type { JobReport } from '../../../domain/report/report.ts';
import { realServer } from '../server.ts';
import { Cell, type CellOptions, until } from './cell.ts';

const server = realServer();

const cell = (name: string, options: CellOptions, use: (cell: Cell) => Promise<void>): Promise<void> =>
  Cell.with(server, name, options, use);

const limitMs = 120_000;

const inState = (at: Cell, state: string): Promise<void> =>
  until(`a batch is ${state}`, async () => state in (await at.control.counts()).batchesByState);

async function expectNothingTwice(at: Cell): Promise<void> {
  const { acrossLanes, billedTwice, sync } = await at.control.counts();
  expect({ acrossLanes, billedTwice, sync: sync.billedTwice }).toEqual({
    acrossLanes: [],
    billedTwice: { byCustomId: [], byBody: [] },
    sync: { byCustomId: [], byBody: [] },
  });
}

describe.concurrent('restarts', () => {
  test(
    'a batch terminated past the deadline: its successor finds what it has at the provider before anything is asked in realtime',
    () =>
      cell('late-restart', { emulator: { runMs: 20_000, cancelMs: 8000 } }, async (at) => {
        const handle = await at.start({ ...at.openaiJob(100), deadline: { job: '8s' } });
        await inState(at, 'cancelling');
        await server.client.workflow.getHandle('late-restart/wave-1/batch-0001').terminate('test');
        const report: JobReport = await handle.result();
        expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 100 } });
        await expectNothingTwice(at);
      }),
    limitMs,
  );

  test(
    'a job taken over while the old one’s batch still comes to its end waits for it, and pays nothing twice',
    () =>
      cell('take-over-early', { emulator: { runMs: 10_000, cancelMs: 6000 } }, async (at) => {
        const old = await at.start(at.openaiJob(200));
        await inState(at, 'in_progress');
        await old.terminate('test');
        await inState(at, 'cancelling');
        const handle = await server.client.workflow.start('processDataset', {
          taskQueue: at.name,
          workflowId: 'take-over-early-2',
          args: [{ resumeFrom: 'runs/take-over-early/' }],
        });
        const report: JobReport = await handle.result();
        expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 200 } });
        await expectNothingTwice(at);
      }),
    limitMs,
  );
});
