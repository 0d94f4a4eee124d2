// The worker's health over HTTP, for the container engine or orchestrator that decides whether to replace the worker.

import { createServer } from 'node:http';
import type { Address } from '../config.ts';
import type { WorkerGroup } from '../worker-group.ts';

export interface HealthServer {
  /** The port in use; differs from the requested one if that was 0. */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * `GET /healthz` answers 200 while the worker takes tasks, and 503 before that and while it drains. The Temporal server's state does not
 * matter: a restart does not help a worker that waits for its server.
 */
export async function serveHealth(
  { host, port }: Address,
  getStatus: () => ReturnType<WorkerGroup['getStatus']> | undefined,
): Promise<HealthServer> {
  const server = createServer(({ method, url }, response) => {
    if (url?.split('?')[0] !== '/healthz' || (method !== 'GET' && method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    const status = getStatus();
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
