// The rates of an account at the Temporal server: the configuration sets them, and a person who stops an account there stops every call.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { expect, test } from 'vitest';
import { findBlock } from '../../../client/overview/account-queues.ts';
import { readOverview } from '../../../client/overview/read-overview.ts';
import { listAccountQueues } from '../../../domain/account-queue.ts';
import { ensureTemporalCli } from '../../../scripts/tools/temporal-cli.ts';
import { Cell, until } from '../crash/cell.ts';
import { realServer } from '../server.ts';

const server = realServer();

/** `temporal task-queue config` of one of the account's queues. */
async function config(at: Cell, kind: string, args: readonly string[]): Promise<unknown> {
  const [verb = 'get', ...options] = args;
  const queue = ['--task-queue', `${at.name}.openai.default.${kind}`, '--task-queue-type', 'activity'];
  const all = ['task-queue', 'config', verb, ...queue, ...options, '--address', server.address, '--output', 'json'];
  const { stdout } = await promisify(execFile)(await ensureTemporalCli(), all);
  return stdout.trim() === '' ? null : JSON.parse(stdout);
}

async function listPending(handle: WorkflowHandle): Promise<readonly unknown[]> {
  const description = await handle.describe().catch(() => null);
  return (description?.raw.pendingActivities ?? []).map(({ activityType }) => activityType?.name);
}

const setRates = (at: Cell, rates: object): Record<string, string> => {
  const path = join(at.root, 'worker.json');
  writeFileSync(path, JSON.stringify({ rates: { openai: { default: rates } } }));
  return { NIGHTSHIFT_CONFIG: path };
};

const rate = (requestsPerSecond: number) => ({ queueRateLimit: { rateLimit: { requestsPerSecond } } });

test(
  'a stopped account calls its provider no more, whatever workers start, and continues when it is released',
  { timeout: 300_000 },
  () =>
    Cell.with(server, 'rates', { workers: 0 }, async (at) => {
      const env = setRates(at, { createsPerHour: 1800, callsPerSecond: 50 });
      await at.startWorker(env);
      await until('rates', async () => JSON.stringify(await config(at, 'call', [])).includes('50'), 20_000);
      expect(await config(at, 'create', [])).toMatchObject(rate(0.5));

      await config(at, 'create', ['set', '--queue-rps-limit', '0']);
      await config(at, 'call', ['set', '--queue-rps-limit', '0']);
      // What was set by a person stays, whatever the configuration says.
      await at.worker.stop();
      await at.startWorker(env);
      const handle = await at.start(at.openaiJob(100));
      const batch = at.client.workflow.getHandle(`${at.name}/wave-1/batch-0001`);
      await until('the upload waits', async () => (await listPending(batch)).includes('stage'), 20_000);
      expect((await at.control.requests()).map(({ route }) => route)).not.toContain('openai.files.create');

      expect((await readOverview(at.client, handle)).blocked).toContain(`${at.name}.openai.default.create is 0`);

      await config(at, 'create', ['set', '--queue-rps-limit', 'default']);
      await config(at, 'call', ['set', '--queue-rps-limit', 'default']);
      await at.expectComplete(await handle.result(), 100, 1);
      // A worker whose configuration has other rates replaces those of the configuration.
      await at.worker.stop();
      await at.startWorker(setRates(at, { createsPerHour: 3600 }));
      await until(
        'new rates',
        async () => JSON.stringify(await config(at, 'create', [])).includes('"requestsPerSecond":1}'),
        20_000,
      );
    }),
);

test('a status says that no worker has the account, and not of one that is served', () =>
  Cell.with(server, 'served', {}, async (at) => {
    const list = (account: string) => listAccountQueues(at.name, { provider: 'openai', account });
    expect(await findBlock(at.client, list('eu'))).toContain('no worker polls task queue served.openai.eu.create');
    await until('served', async () => (await findBlock(at.client, list('default'))) === null);
  }));
