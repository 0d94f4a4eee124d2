// How the worker is, over HTTP, for whoever decides whether to keep or replace it: a container engine, an orchestrator.

import { createServer } from 'node:http';
import type { WorkerStatus } from '@temporalio/worker';
import type { Address } from './config.ts';

export interface HealthServer {
  /** The port it got, where it was asked for any. */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * `GET /healthz` answers 200 while the worker takes tasks, and 503 before that and while it drains. It says nothing of the
 * Temporal server: a worker that waits for it to come back is not made better by a restart.
 */
export async function serveHealth(
  { host, port }: Address,
  look: () => WorkerStatus | undefined,
): Promise<HealthServer> {
  const server = createServer(({ method, url }, response) => {
    if (url?.split('?')[0] !== '/healthz' || (method !== 'GET' && method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    const status = look();
    const state = status?.runState ?? 'STARTING';
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    response.writeHead(state === 'RUNNING' ? 200 : 503, headers);
    response.end(`${JSON.stringify({ state, activities: status?.numInFlightActivities ?? 0 })}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const bound = server.address();
  return {
    port: bound === null || typeof bound === 'string' ? port : bound.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
