// The client as a person uses it: a process of its own, its output and its exit codes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDevServer } from '../../scripts/dev-server.ts';
import { Cell } from './cell.ts';

let server: Awaited<ReturnType<typeof startDevServer>>;
let connection: Connection;

beforeAll(async () => {
  server = await startDevServer({ headless: true });
  connection = await Connection.connect({ address: server.address });
});

afterAll(async () => {
  await connection?.close();
  await server?.stop();
});

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function nightshift(args: readonly string[], address = server.address): Promise<Said> {
  const child = spawn(process.execPath, ['client/main.ts', ...args], {
    env: { ...process.env, TEMPORAL_ADDRESS: address },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

test(
  'a job is run, looked at, changed, cancelled and reported',
  () =>
    Cell.with({ address: server.address, client: new Client({ connection }) }, 'client', {}, async (at) => {
      const file = join(at.root, 'tickets.json');
      writeFileSync(file, JSON.stringify(at.openaiJob(250)));
      const run = await nightshift(['run', file, '--task-queue', at.name]);
      expect(run).toMatchObject({ code: 0, out: 'runs/tickets/results.jsonl\n' });
      expect(run.err).toContain('of 250 rows answered');

      const report = JSON.parse((await nightshift(['report', 'tickets'])).out);
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 250 } });
      const batches = (await nightshift(['batches', 'tickets'])).out.trimEnd().split('\n');
      expect(JSON.parse(batches[0] ?? '')).toMatchObject({ wave: 1, batch: 1, stage: 'done', items: 100 });

      await at.control.setOptions({ runMs: 60_000 });
      const detached = await nightshift(['run', file, '--id', 'slow', '--task-queue', at.name, '--detach']);
      expect(detached).toMatchObject({ code: 0, out: 'slow\n' });
      expect((await nightshift(['set', 'slow', '--budget', '5', '--concurrency', '3'])).code).toBe(0);
      expect((await nightshift(['pause', 'slow', '--note', 'lunch'])).err).toContain('lunch');
      const status = JSON.parse((await nightshift(['status', 'slow'])).out);
      expect(status).toMatchObject({ phase: 'paused', budgetUsd: 5, pause: { reason: 'person', note: 'lunch' } });
      expect((await nightshift(['resume', 'slow'])).code).toBe(0);
      expect(await nightshift(['set', 'slow', '--concurrency', '0'])).toMatchObject({
        code: 1,
        err: expect.stringContaining('concurrency'),
      });
      expect((await nightshift(['cancel', 'slow'])).code).toBe(0);
      expect((await nightshift(['watch', 'slow'])).code).toBe(5);

      await at.control.setOptions({ runMs: 500, itemErrors: { rate400: 1, failTimes: 0 } });
      expect((await nightshift(['run', file, '--id', 'failing', '--task-queue', at.name])).code).toBe(3);
      writeFileSync(file, JSON.stringify({ ...at.openaiJob(10), unknown: 1 }));
      const wrong = await nightshift(['run', file, '--id', 'wrong', '--task-queue', at.name]);
      expect(wrong).toMatchObject({ code: 4, err: expect.stringContaining('unknown') });
    }),
  120_000,
);

test('what cannot be done is said, with what to do next', async () => {
  expect(await nightshift(['status', 'nobody'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('no such job'),
  });
  expect(await nightshift(['run', 'nowhere.json'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('nowhere.json cannot be read'),
  });
  expect((await nightshift(['run'])).code).toBe(2);
  expect(await nightshift(['status', 'x'], '127.0.0.1:1')).toMatchObject({
    code: 1,
    err: expect.stringContaining('TEMPORAL_ADDRESS'),
  });
  expect((await nightshift(['--help'])).out).toContain('Exit codes');
}, 60_000);
