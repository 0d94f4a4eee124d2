// The hardest case of paying once: identical batches at a provider that stores no submission key, and every create's reply lost.

import { expect, test } from 'vitest';
import type { JobReport } from '../../../domain/report/report.ts';
import { realServer } from '../server.ts';
import { Cell, until } from './cell.ts';
import { startStrangersBatch } from './stranger.ts';

const server = realServer();

const jobs = 10;
const rows = 60;

test.concurrent.each(['reset', '502', 'timeout'] as const)(
  "ten identical Anthropic batches next to a stranger's: every reply is lost (%s), each is found again and none is made twice",
  (how) =>
    Cell.with(
      server,
      `lost-${how}`,
      { emulator: { sharedWorkspace: true, runMs: 3000, list: { foreign: 250, visibleAfterMs: 500 } } },
      async (at) => {
        await startStrangersBatch(at, rows);
        await at.control.setOptions({ loseReply: { route: 'anthropic.batches.create', times: jobs, how } });
        const job = at.anthropicJob(rows);
        const names = Array.from({ length: jobs }, (_, index) => `${at.name}-${index}`);
        const handles = await Promise.all(names.map((name) => at.start(job, name)));
        for (const [index, handle] of handles.entries()) {
          const report = await handle.result();
          expect(report).toMatchObject({
            verdict: 'complete',
            rows: { answered: rows },
            anomalies: { twinBatches: 0 },
          });
          expect(at.results(names[index])).toHaveLength(rows);
        }
        const counts = await at.control.counts();
        expect(counts.batchesCreated).toBe(jobs + 1);
        expect(counts.billedTwice.byCustomId).toEqual([]);
      },
    ),
  120_000,
);

/** Starts a stranger's batch while the first search after a create that did not happen is held. */
async function startStrangerBeforeFind(at: Cell, beforeIt: () => Promise<unknown> = async () => undefined) {
  await at.control.setOptions({ calls: { 'anthropic.batches.create': { status: 500, times: 1 } } });
  await at.control.barrier({ name: 'find', route: 'anthropic.batches.list', when: 'before', nth: 2 });
  const handle = await at.start(at.anthropicJob(rows));
  await at.control.waitHit('find');
  await beforeIt();
  await startStrangersBatch(at, rows);
  await at.control.release('find');
  return handle;
}

const workerEnv = { NIGHTSHIFT_SETTLE: '200ms' };

async function expectOneOfItsOwn(at: Cell, report: JobReport): Promise<void> {
  await at.expectComplete(report, rows, 2);
  const { foreignCancelled, batchesByState } = await at.control.counts();
  expect(foreignCancelled).toEqual([]);
  expect(batchesByState).not.toHaveProperty('canceling');
  expect(report.batches.count).toBe(1);
}

test.concurrent(
  "a create that did not happen, then a stranger's batch of the same size: it is never adopted, and the items are sent when it has ended",
  () =>
    Cell.with(server, 'stranger-then', { emulator: { sharedWorkspace: true, runMs: 3000 }, workerEnv }, async (at) => {
      const handle = await startStrangerBeforeFind(at);
      await expectOneOfItsOwn(at, await handle.result());
    }),
  120_000,
);

test.concurrent(
  "a stranger's batch that starts long after a create was over cannot be its batch: its end is not waited for",
  () =>
    Cell.with(
      server,
      'stranger-late',
      { emulator: { sharedWorkspace: true, clock: 'manual' }, workerEnv },
      async (at) => {
        const handle = await startStrangerBeforeFind(at, () => at.control.clock({ advanceMs: 2 * 3_600_000 }));
        await until('its own batch is created', async () => (await at.control.counts()).batchesCreated === 2, 60_000);
        await at.control.clock({ advanceMs: 60_000 });
        await expectOneOfItsOwn(at, await handle.result());
      },
    ),
  120_000,
);
