// The fronts of vendors: their routes, over the same batches, and the forms of their errors.

import { randomUUID } from 'node:crypto';
import type { Hono, MiddlewareHandler } from 'hono';
import { Ids } from './access/ids.ts';
import { Batches } from './batches/batches.ts';
import { Places } from './batches/places.ts';
import type { GatewayError } from './errors.ts';
import { makeOpenaiRoutes } from './openai/front.ts';
import { describeOpenaiError } from './openai/openai-error.ts';
import type { GatewayEnv, GatewayParts } from './parts.ts';
import { translator } from './translate/translator.ts';

/** How often batches are looked for that another gateway recorded and did not start. */
const startEveryMs = 30_000;

export function addFronts(app: Hono<GatewayEnv>, parts: GatewayParts): void {
  const { config, secret, draining, log } = parts;
  const shared = { ...parts, places: new Places(config), translator };
  const front = { ...shared, ids: new Ids(secret), batches: new Batches(shared) };
  const timer = setInterval(() => {
    front.batches.startPending().catch((error: unknown) => log({ event: 'batches_not_started', error }));
  }, startEveryMs);
  timer.unref();
  draining.addEventListener('abort', () => clearInterval(timer));
  app.route('/v1', makeOpenaiRoutes(front));
}

/** A front's errors have its vendor's form, also those of access; null for a path of no front. */
export function describeFrontError(path: string, error: GatewayError): object | null {
  return path.startsWith('/v1/') ? describeOpenaiError(error) : null;
}

/** By it, a caller and a log name the same request. */
export const nameRequests: MiddlewareHandler<GatewayEnv> = async (context, next) => {
  context.header('x-request-id', `req_${randomUUID().replaceAll('-', '')}`);
  await next();
};
