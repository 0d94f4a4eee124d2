// Whole jobs: a real Temporal server, a worker of its own process, the official SDKs against the emulator over HTTP, local files.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobReport } from '../../domain/report.ts';
import { createControl } from '../../emulator/control.ts';
import { startEmulator } from '../../emulator/start.ts';
import { type Child, startScript } from '../../scripts/child.ts';
import { startDevServer } from '../../scripts/dev-server.ts';

let server: Awaited<ReturnType<typeof startDevServer>>;
let emulator: Awaited<ReturnType<typeof startEmulator>>;
let connection: Connection;
let client: Client;
let worker: Child;
const root = mkdtempSync(join(tmpdir(), 'nightshift-test-'));

async function startWorker(): Promise<Child> {
  const child = startScript('worker/main.ts', [], {
    name: 'worker',
    echo: false,
    env: {
      TEMPORAL_ADDRESS: server.address,
      OPENAI_BASE_URL: emulator.openaiBaseUrl,
      OPENAI_API_KEY: 'test',
      ANTHROPIC_BASE_URL: emulator.anthropicBaseUrl,
      ANTHROPIC_API_KEY: 'test',
      NIGHTSHIFT_DATA: root,
      NIGHTSHIFT_SETTLE: '1s',
      NIGHTSHIFT_CREATE_TIMEOUT: '3s',
      NIGHTSHIFT_HEARTBEAT: '3s',
    },
  });
  await child.waitForLine((line) => (line.includes('worker ready') ? line : undefined), 60_000);
  return child;
}

beforeAll(async () => {
  server = await startDevServer({ headless: true });
  emulator = await startEmulator({ validateMs: 100, runMs: 1500, finalizeMs: 100 });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
  worker = await startWorker();
}, 120_000);

afterAll(async () => {
  await worker?.stop();
  await connection?.close();
  await emulator?.close();
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

function dataset(name: string, rows: number): string {
  const lines = Array.from({ length: rows }, (_, row) =>
    JSON.stringify({ id: `${name}-${row}`, text: `ticket ${name} ${row}` }),
  );
  writeFileSync(join(root, `${name}.jsonl`), `${lines.join('\n')}\n`);
  return `${name}.jsonl`;
}

const openaiJob = (name: string, rows: number) => ({
  dataset: dataset(name, rows),
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request: { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 },
  batch: { maxItems: 100 },
  poll: { initial: '500ms', max: '1s' },
  retry: { backoff: '1s' },
});

const anthropicJob = (name: string, rows: number) => ({
  ...openaiJob(name, rows),
  provider: 'anthropic',
  model: 'claude-haiku-4-5',
  request: { max_tokens: 16, messages: [{ role: 'user', content: '{{ text }}' }] },
});

const startJob = (workflowId: string, job: unknown) =>
  client.workflow.start('processDataset', { workflowId, taskQueue: 'nightshift', args: [job] });

function results(name: string): { row: number; status: string; output: unknown; attempts: number }[] {
  const text = readFileSync(join(root, 'runs', name, 'results.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test.each([
  ['openai', openaiJob],
  ['anthropic', anthropicJob],
])(
  'every row of an %s job has one result, in order, and what failed was asked again',
  async (provider, jobOf) => {
    const control = createControl(emulator.url);
    // At Anthropic a missing line looks like a cut download, which is tried again for over a minute before it is believed.
    const missing = provider === 'openai' ? 0.05 : 0;
    await control.setOptions({ itemErrors: { rate500: 0.1, missing, failTimes: 1 }, output: { shuffle: true } });
    const handle = await startJob(`plain-${provider}`, jobOf(`plain-${provider}`, 260));
    const report: JobReport = await handle.result();
    await control.reset();
    expect(report).toMatchObject({ verdict: 'complete', rows: { accepted: 260, answered: 260, failed: 0 } });
    const lines = results(`plain-${provider}`);
    expect(lines.map(({ row }) => row)).toEqual(Array.from({ length: 260 }, (_, index) => index + 1));
    expect(lines.some(({ attempts }) => attempts > 1)).toBe(true);
  },
  90_000,
);

test.each([
  ['openai', openaiJob],
  ['anthropic', anthropicJob],
])(
  'a worker killed between an %s create and its reply pays nothing twice',
  async (provider, jobOf) => {
    const control = createControl(emulator.url);
    await control.reset();
    await control.barrier({ name: `killed-${provider}`, route: `${provider}.batches.create`, when: 'after' });
    const handle = await startJob(`killed-${provider}`, jobOf(`killed-${provider}`, 100));
    await control.waitHit(`killed-${provider}`, 30_000);
    await worker.kill();
    worker = await startWorker();
    const report: JobReport = await handle.result();
    expect((await control.barrierState(`killed-${provider}`)).hit).toBe(true);
    expect(report).toMatchObject({ verdict: 'complete', rows: { answered: 100 } });
    const counts = await control.counts();
    expect(counts.batchesCreated).toBe(1);
    expect(counts.billedTwice).toEqual({ byCustomId: [], byBody: [] });
  },
  120_000,
);

test('a wrong job fails the workflow with every problem at once, and writes nothing', async () => {
  const handle = await startJob('wrong', { dataset: '../x.jsonl', provider: 'nobody', unknown: 1 });
  const error: unknown = await handle.result().catch((failure: unknown) => failure);
  const message = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  expect(message).toContain('dataset');
  expect(message).toContain('provider');
  expect(message).toContain('unknown');
}, 30_000);
