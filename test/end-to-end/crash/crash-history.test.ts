// The crash matrix, Temporal's side: the server killed, jobs and batches reset or terminated, a dead job's output taken over.

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, test } from 'vitest';
import { startDevServer } from '../../../scripts/dev-server.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';
import { Cell, type CellOptions, until } from './cell.ts';

let server: Awaited<ReturnType<typeof startDevServer>>;
let connection: Connection;
let client: Client;
const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-server-'));

beforeAll(async () => {
  server = await startDevServer({ headless: true, dbFilename: join(folder, 'temporal.db') });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
});

afterAll(async () => {
  await connection?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const cell = (name: string, options: CellOptions, use: (cell: Cell) => Promise<void>): Promise<void> =>
  Cell.with({ address: server.address, client }, name, options, use);

const limitMs = 120_000;
/** Long enough for a test to act while the provider still runs the batch. */
const slow = { emulator: { runMs: 6000 } };

const jobOf = (at: Cell, provider: 'openai' | 'anthropic') =>
  provider === 'openai' ? at.openaiJob(297) : at.anthropicJob(297);

const created = (at: Cell, batches: number): Promise<void> =>
  until(`${batches} batches created`, async () => (await at.control.counts()).batchesCreated === batches);

/** Resets a job to its first workflow task, so that its history no longer holds anything it did. */
async function reset(at: Cell): Promise<void> {
  const handle = client.workflow.getHandle(at.name);
  const { runId } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const first = events?.find(({ workflowTaskCompletedEventAttributes: task }) => task !== null && task !== undefined);
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: at.name, runId },
    reason: 'crash matrix',
    requestId: randomUUID(),
    workflowTaskFinishEventId: first?.eventId ?? null,
  });
}

test.concurrent.each(['openai', 'anthropic'] as const)(
  'an %s job is reset to its start while its batches run',
  (provider) =>
    cell(`reset-${provider}`, slow, async (at) => {
      await at.start(jobOf(at, provider));
      await created(at, 3);
      await reset(at);
      await at.expectComplete(await client.workflow.getHandle(at.name).result(), 297, null);
    }),
  limitMs,
);

test.concurrent(
  'a finished job is reset to its start: everything is found again, nothing is bought again',
  () =>
    cell('reset-finished', {}, async (at) => {
      const handle = await at.start(at.openaiJob(297));
      await at.expectComplete(await handle.result(), 297, 3);
      await reset(at);
      await at.expectComplete(await client.workflow.getHandle(at.name).result(), 297, 3);
    }),
  limitMs,
);

test.concurrent(
  'a batch is terminated: it is started again and finds its batch at the provider',
  () =>
    cell('child', slow, async (at) => {
      const handle = await at.start(at.openaiJob(297));
      await created(at, 3);
      await client.workflow.getHandle('child/wave-1/batch-0002').terminate('crash matrix');
      await at.expectComplete(await handle.result(), 297, 3);
    }),
  limitMs,
);

test.concurrent.each(['openai', 'anthropic'] as const)(
  'an %s job is terminated, and another one continues with its output',
  (provider) =>
    cell(`terminated-${provider}`, slow, async (at) => {
      const handle = await at.start(jobOf(at, provider));
      await created(at, 3);
      await handle.terminate('crash matrix');
      const next = await at.start({ resumeFrom: `runs/${at.name}/` }, `${at.name}-again`);
      await at.expectComplete(await next.result(), 297, null);
    }),
  limitMs,
);

test.concurrent(
  'job and batches are terminated between a create and its reply, and another job continues',
  () =>
    cell('all-terminated', slow, async (at) => {
      await at.control.barrier({ name: 'create', route: 'openai.batches.create', when: 'after', nth: 3 });
      const handle = await at.start(at.openaiJob(297));
      await at.control.waitHit('create');
      await handle.terminate('crash matrix');
      for (const batch of ['0001', '0002', '0003']) {
        await client.workflow.getHandle(`${at.name}/wave-1/batch-${batch}`).terminate('crash matrix');
      }
      await at.replaceWorker();
      const next = await at.start({ resumeFrom: `runs/${at.name}/` }, `${at.name}-again`);
      // The number of batches depends on which of them noticed the end of their job before they were terminated.
      await at.expectComplete(await next.result(), 297, null);
    }),
  limitMs,
);

test(
  'SIGKILL of the Temporal server while batches run',
  async () => {
    const own = { headless: true, dbFilename: join(folder, 'killed.db'), port: await freePort() };
    let killed = await startDevServer(own);
    const its = await Connection.connect({ address: killed.address });
    try {
      await Cell.with(
        { address: killed.address, client: new Client({ connection: its }) },
        'server',
        slow,
        async (at) => {
          await at.start(at.openaiJob(297));
          await created(at, 3);
          await killed.kill();
          killed = await startDevServer(own);
          const report = await new Client({ connection: its }).workflow.getHandle('server').result();
          await at.expectComplete(report, 297, 3);
        },
      );
    } finally {
      await its.close();
      await killed.stop();
    }
  },
  limitMs,
);
