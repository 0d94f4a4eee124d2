// Finds out who calls, before anything else is read of a request.

import type { Context, MiddlewareHandler } from 'hono';
import { GatewayError } from '../errors.ts';
import type { GatewayEnv } from '../parts.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Scope } from './scopes.ts';
import { type Caller, localCaller, type Tokens } from './tokens.ts';

const localHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** OpenAI's SDKs send `Authorization: Bearer`, and Anthropic's send `x-api-key`. */
export function authenticate(tokens: Tokens, rates: RateLimits): MiddlewareHandler<GatewayEnv> {
  return async (context, next) => {
    const caller = tokens.isEmpty ? requireLocal(context) : findCaller(context, tokens);
    rates.take(caller);
    context.set('caller', caller);
    await next();
  };
}

function findCaller({ req }: Context<GatewayEnv>, tokens: Tokens): Caller {
  const bearer = /^Bearer +(\S+)$/i.exec(req.header('authorization') ?? '')?.[1];
  const token = bearer ?? req.header('x-api-key');
  if (token === undefined) {
    throw new GatewayError('unauthorized', 'give a token of the gateway: `Authorization: Bearer <token>`');
  }
  const caller = tokens.find(token);
  if (caller === null) {
    throw new GatewayError('unauthorized', 'the gateway does not know this token: ask for a new one');
  }
  return caller;
}

/** A page that a browser loaded from elsewhere must not reach a gateway without tokens, by whatever name it finds it. */
function requireLocal({ req }: Context<GatewayEnv>): Caller {
  const host = (req.header('host') ?? '').replace(/:\d+$/, '');
  const origin = req.header('origin');
  const isOwn = origin === undefined || URL.parse(origin)?.host === req.header('host');
  if (localHosts.has(host) && isOwn) return localCaller;
  throw new GatewayError('forbidden', 'without tokens, only this machine may use the gateway, by its own name');
}

/** Refuses a token that does not have the scope. */
export function requireScope(scope: Scope): MiddlewareHandler<GatewayEnv> {
  return async (context, next) => {
    if (!context.get('caller').scopes.has(scope)) {
      throw new GatewayError('forbidden', `the token does not have the scope ${scope}: ask for one that has`);
    }
    await next();
  };
}

/** `GET /api/me`: what the token allows. */
export function describeCaller(context: Context<GatewayEnv>): Response {
  const { tenant, scopes } = context.get('caller');
  return context.json({ tenant, scopes: [...scopes] });
}
