// The crash matrix of jobs that share limits: workers, the dispatcher and the server are ended while they run.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { DispatchPage } from '../../../domain/dispatch/page/page.ts';
import { dispatcherId } from '../../../domain/ids.ts';
import type { JobReport } from '../../../domain/report/report.ts';
import { startDevServer } from '../../../scripts/dev-server.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';
import { Cell, until } from './cell.ts';

const model = 'gpt-5.4-mini';
/** Above what the emulator and Nightshift count for a batch of ten rows. */
const batchTokens = 400;
const openMax = 3;
/** If a grant was lost with its dispatcher, a job asks again after a minute. */
const askedAgainMs = 120_000;

test('two tenants and three priorities share an account while everything is killed: nobody is refused, and no limit is passed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-server-'));
  const config = join(folder, 'config.json');
  const models = { [model]: { enqueuedTokens: openMax * batchTokens } };
  writeFileSync(
    config,
    JSON.stringify({ limits: { openai: { default: { models } } }, tenants: { a: { batches: 2 }, b: { dayUsd: 1 } } }),
  );
  const own = { headless: true, dbFilename: join(folder, 'temporal.db'), port: await freePort() };
  let server = await startDevServer(own);
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection });
  const options = {
    // One token more than the limit would be refused, and then created again.
    emulator: { runMs: 1200, limits: { tokens: openMax * batchTokens } },
    workerEnv: { NIGHTSHIFT_CONFIG: config },
  };
  try {
    await Cell.with({ address: server.address, client }, 'dispatched', options, async (at) => {
      const handles: WorkflowHandle[] = [];
      for (const tenant of ['a', 'b']) {
        for (const priority of [1, 2, 3]) {
          const job = { ...at.openaiJob(40), tenant, priority, batch: { maxItems: 10 }, minBatchItems: 1 };
          handles.push(await at.start(job, `${tenant}-${priority}`));
        }
      }
      const made = (count: number): Promise<void> =>
        until(
          `${count} batches created`,
          async () => (await at.control.counts()).batchesCreated >= count,
          askedAgainMs,
        );
      await made(3);
      await at.replaceWorker();
      await made(6);
      await client.workflow.getHandle(dispatcherId).terminate('crash matrix');
      await made(9);
      await server.kill();
      server = await startDevServer(own);
      await made(12);
      await client.workflow.getHandle(dispatcherId).terminate('crash matrix');
      await at.worker.kill();
      await at.startWorker();
      let costUsd = 0;
      for (const handle of handles) {
        const report = (await client.workflow.getHandle(handle.workflowId).result()) as JobReport;
        expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 40 } });
        expect(at.results(handle.workflowId)).toHaveLength(40);
        if (handle.workflowId.startsWith('b')) costUsd += report.cost.usd ?? 0;
      }
      const counts = await at.control.counts();
      expect(counts.batchesCreated).toBe(24);
      // The jobs have the same rows, but each has ids of its own.
      expect(counts.billedTwice.byCustomId).toEqual([]);
      const page = await client.workflow.getHandle(dispatcherId).query<DispatchPage>('holdings');
      expect(page).toMatchObject({ holders: 0, waiting: 0, open: 0, grants: 24 });
      // To a hundredth of a cent: money is added up in another order.
      expect(page.owners.find(({ owner }) => owner === 'tenant:b')?.dayUsd).toBeCloseTo(costUsd, 4);
    });
  } finally {
    await connection.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);
