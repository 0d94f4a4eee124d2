// The health endpoint: its reply in each state of the worker.

import { expect, onTestFinished, test } from 'vitest';
import { serveHealth } from '../../worker/monitoring/health.ts';

async function healthOf(status: ReturnType<Parameters<typeof serveHealth>[1]>): Promise<string> {
  const server = await serveHealth({ host: '127.0.0.1', port: 0 }, () => status);
  onTestFinished(server.close);
  return `http://127.0.0.1:${server.port}`;
}

test.each([
  ['RUNNING', 200],
  ['DRAINING', 503],
  ['FAILED', 503],
] as const)('a worker that is %s is answered with %i, and with its state', async (runState, code) => {
  const url = await healthOf({ runState, numInFlightActivities: 3 });
  const reply = await fetch(`${url}/healthz`);
  expect(reply.status).toBe(code);
  expect(await reply.json()).toEqual({ state: runState, activities: 3 });
});

test('a worker that is not made yet is starting, which is not healthy', async () => {
  const reply = await fetch(`${await healthOf(undefined)}/healthz?full`);
  expect([reply.status, await reply.json()]).toEqual([503, { state: 'STARTING', activities: 0 }]);
});

test('there is nothing else to be had', async () => {
  const url = await healthOf({ runState: 'RUNNING', numInFlightActivities: 0 });
  expect((await fetch(`${url}/`)).status).toBe(404);
  expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).toBe(404);
});

test('a port that is taken is an error, not a worker without health', async () => {
  const url = new URL(await healthOf(undefined));
  await expect(serveHealth({ host: '127.0.0.1', port: Number(url.port) }, () => undefined)).rejects.toThrow(
    /EADDRINUSE/,
  );
});
