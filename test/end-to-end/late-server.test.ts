// A worker and commands that start before their Temporal server: they say so in one line, wait, and never show a stack trace.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Nightshift } from '../../client/index.ts';
import { startDevServer } from '../../scripts/dev-server.ts';
import { type Child, startScript } from '../../scripts/tools/child.ts';
import { runCommand } from '../../scripts/tools/command.ts';
import { freePort } from '../../scripts/tools/free-port.ts';
import { ensureTemporalCli } from '../../scripts/tools/temporal-cli.ts';
import { commandsAt } from './cli/commands.ts';
import { until } from './crash/cell.ts';

const stackLine = /^\s+at /m;
const limitMs = 120_000;

interface Place {
  readonly port: number;
  readonly address: string;
}

async function emptyPlace(): Promise<Place> {
  const port = await freePort();
  return { port, address: `127.0.0.1:${port}` };
}

function startWorker(address: string, env: Readonly<Record<string, string>> = {}): Child {
  const worker = startScript('worker/main.ts', [], {
    name: 'worker',
    env: { TEMPORAL_ADDRESS: address, NIGHTSHIFT_BUNDLE: inject('workflowBundlePath'), ...env },
  });
  onTestFinished(() => worker.stop());
  return worker;
}

async function startServer(port: number): Promise<{ readonly port: number }> {
  const server = await startDevServer({ headless: true, port });
  onTestFinished(() => server.stop());
  return { port };
}

const awaitLine = (worker: Child, text: string): Promise<string> =>
  worker.waitForLine((line) => (line.includes(text) ? line : undefined), 60_000);

test(
  'a worker waits for its server, says so once, is not healthy meanwhile, and then works',
  async () => {
    const { port, address } = await emptyPlace();
    const health = `127.0.0.1:${await freePort()}`;
    const worker = startWorker(address, { NIGHTSHIFT_HEALTH: health });
    expect(await awaitLine(worker, 'waiting')).toBe(`waiting for Temporal: connection refused at ${address}`);
    const reply = await fetch(`http://${health}/healthz`);
    expect([reply.status, await reply.json()]).toEqual([503, { state: 'STARTING', activities: 0 }]);
    await sleep(2_000);
    expect(worker.tail().match(/waiting for Temporal/g)).toHaveLength(1);
    await startServer(port);
    await awaitLine(worker, 'worker ready');
    await until('healthy', async () => (await fetch(`http://${health}/healthz`)).status === 200);
    expect(worker.tail()).not.toMatch(stackLine);
    await worker.stop();
    expect(worker.exitCode).toBe(0);
  },
  limitMs,
);

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends a waiting worker with 0', async (signal) => {
  const { address } = await emptyPlace();
  const worker = startWorker(address);
  await awaitLine(worker, 'waiting');
  process.kill(worker.pid, signal);
  await until('gone', () => !worker.running, 20_000);
  expect(worker.exitCode).toBe(0);
  expect(worker.tail()).toBe(`waiting for Temporal: connection refused at ${address}`);
});

test(
  'a worker waits for its namespace, and a command names the one that is missing',
  async () => {
    const { port, address } = await emptyPlace();
    await startServer(port);
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'later' };
    const worker = startWorker(address, env);
    expect(await awaitLine(worker, 'waiting')).toBe(`waiting for Temporal: no namespace later at ${address}`);
    const { code, err } = await commandsAt({ env })(['list']);
    expect(code).toBe(1);
    expect(err).toMatch(/^Temporal cannot be used: no namespace later: .*doctor.*\n$/);
    await createNamespace(address, 'later');
    await awaitLine(worker, 'worker ready');
    await sleep(2_000);
    expect(worker.running).toBe(true);
  },
  limitMs,
);

async function createNamespace(address: string, namespace: string): Promise<void> {
  const args = ['operator', 'namespace', 'create', '--address', address, '--namespace', namespace];
  const done = await runCommand(await ensureTemporalCli(), args, { env: process.env, timeoutMs: 30_000 });
  if (!done.ok) throw new Error(done.why);
}

test(
  'wrong settings end a worker and a command with one line',
  async () => {
    const { port } = await startServer(await freePort());
    // By name: Node warns of TLS to an IP address.
    const address = `localhost:${port}`;
    const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{ TEMPORAL_TLS: 'true' }, /no TLS at .*TEMPORAL_TLS/],
      [{ TEMPORAL_API_KEY: 'secret-key' }, /no TLS at .*TEMPORAL_API_KEY/],
      [{ TEMPORAL_TLS_CLIENT_CERT_PATH: 'nowhere.pem', TEMPORAL_TLS_CLIENT_KEY_PATH: 'nowhere.key' }, /nowhere\.pem/],
      [{ TEMPORAL_TLS_CLIENT_CERT_DATA: 'x', TEMPORAL_TLS_CLIENT_KEY_DATA: 'y' }, /TEMPORAL_TLS_CLIENT_KEY_PATH/],
      [{ TEMPORAL_PROFILE: 'nobody' }, /nobody/],
    ];
    for (const [settings, line] of wrong) {
      const env = { TEMPORAL_ADDRESS: address, ...settings };
      const worker = startWorker(address, env);
      await until('ended', () => !worker.running, 20_000);
      const command = await commandsAt({ env })(['list']);
      for (const [code, text] of [
        [worker.exitCode, worker.tail()],
        [command.code, command.err.trimEnd()],
      ]) {
        expect(code).toBe(1);
        expect(text).toMatch(line);
        expect(text).toMatch(/^[^\n]+$/);
        expect(text).not.toContain('secret-key');
      }
    }
  },
  limitMs,
);

test(
  'a command that follows a job says that its server is gone, and still sees how the job ends when it is back',
  async () => {
    const { port, address } = await emptyPlace();
    const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-lost-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const server = { headless: true, port, dbFilename: join(folder, 'temporal.db') };
    const before = await startDevServer(server);
    onTestFinished(() => before.stop());
    const jobs = await Nightshift.connect({ address });
    await jobs.client.workflow.start('processDataset', { workflowId: 'kept', taskQueue: 'nobody', args: [{}] });
    await jobs.close();
    const watch = startScript('client/cli/main.ts', ['watch', 'kept'], {
      name: 'watch',
      env: { TEMPORAL_ADDRESS: address },
    });
    onTestFinished(() => watch.stop());
    await awaitLine(watch, 'no worker polls');
    await before.stop();
    await awaitLine(watch, 'Temporal does not answer any more');
    const after = await startDevServer(server);
    onTestFinished(() => after.stop());
    const again = await Nightshift.connect({ address });
    await again.client.workflow.getHandle('kept').terminate('enough');
    await again.close();
    await until('ended', () => !watch.running, 60_000);
    expect(watch.exitCode).toBe(4);
    expect(watch.tail()).toContain('enough');
  },
  limitMs,
);

test('a command without a server ends in time, with what to do', async () => {
  const { address } = await emptyPlace();
  const nightshift = commandsAt({ env: { TEMPORAL_ADDRESS: address } });
  const began = performance.now();
  await nightshift(['--version']);
  const startMs = performance.now() - began;
  const { code, err } = await nightshift(['list']);
  // A second, where the SDK would wait for ten. The start of the process is left out: it takes long on a busy machine.
  expect(performance.now() - began - 2 * startMs).toBeLessThan(9_000);
  expect(code).toBe(1);
  expect(err).toBe(
    `no Temporal server: connection refused at ${address}: start one (npm run dev), or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE\n`,
  );
});

test(
  'a program whose server is up a moment later is connected, unless it does not wait for one that is absent',
  async () => {
    const place = await emptyPlace();
    const server = await startServer(await freePort());
    const waiting = Nightshift.connect({ address: place.address });
    const absent = Nightshift.connect({ address: place.address, absentMs: 800 });
    await expect(absent).rejects.toThrow('connection refused');
    await forward(place.port, server.port);
    const jobs = await waiting;
    onTestFinished(() => jobs.close());
    expect(jobs.taskQueue).toBe('nightshift');
  },
  limitMs,
);

/** Stands for a server that begins to listen at an exact instant: a real one takes seconds to start. */
async function forward(from: number, to: number): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  await once(server.listen(from, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
}
