// Whether the gateway lives, and whether it can serve. Both are open to everybody, and say nothing of any job.

import type { Hono } from 'hono';
import type { GatewayEnv, GatewayParts } from './parts.ts';

const readyMs = 2000;

export function addHealth(app: Hono<GatewayEnv>, { jobs, draining }: GatewayParts): void {
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    if (draining.aborted) return context.json({ status: 'draining' }, 503);
    try {
      await jobs.client.withDeadline(Date.now() + readyMs, () =>
        jobs.client.connection.workflowService.getSystemInfo({}),
      );
      return context.json({ status: 'ready' });
    } catch {
      return context.json({ status: 'temporal does not answer' }, 503);
    }
  });
}
