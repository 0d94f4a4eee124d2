// The fronts of vendors: their routes, over the same batches, and the forms of their errors.

import { randomUUID } from 'node:crypto';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { Ids } from './access/ids.ts';
import { describeAnthropicError } from './anthropic/anthropic-error.ts';
import { makeAnthropicRoutes } from './anthropic/front.ts';
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
  app.route('/v1/messages', makeAnthropicRoutes(front));
  app.route('/v1', makeOpenaiRoutes(front));
}

/** A front's errors have its vendor's form, also those of access; null for a path of no front. */
export function describeFrontError({ req, get }: Context<GatewayEnv>, error: GatewayError): object | null {
  if (/^\/v1\/messages(\/|$)/.test(req.path)) return describeAnthropicError(error, get('requestId'));
  return req.path.startsWith('/v1/') ? describeOpenaiError(error) : null;
}

/** By it, a caller and a log name the same request. Each vendor has a header of its own for it. */
export const nameRequests: MiddlewareHandler<GatewayEnv> = async (context, next) => {
  const id = `req_${randomUUID().replaceAll('-', '')}`;
  context.set('requestId', id);
  context.header('x-request-id', id);
  context.header('request-id', id);
  await next();
};
