// All routes of the gateway, behind the check of who calls.

import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { type ErrorHandler, Hono } from 'hono';
import { describeServerFailure, explainServerFailure } from '../../domain/server-failure.ts';
import { StoreError, storeAdvice } from '../../storage/store.ts';
import { NoWorkerAnswers } from '../worker-answer.ts';
import { authenticate, describeCaller } from './access/authenticate.ts';
import { RateLimits } from './access/rate-limits.ts';
import { Tokens } from './access/tokens.ts';
import { GatewayError } from './errors.ts';
import { makeEventRoutes } from './events/routes.ts';
import { addFronts, describeFrontError, nameRequests } from './fronts.ts';
import { addHealth } from './health.ts';
import { Hooks } from './incoming/routes.ts';
import { makeJobRoutes } from './jobs/routes.ts';
import { addDescription } from './openapi/document.ts';
import { makePageRoutes } from './page/routes.ts';
import type { GatewayEnv, GatewayParts } from './parts.ts';
import { makeQueueRoutes } from './queues/routes.ts';

export function createGateway(parts: GatewayParts): Hono<GatewayEnv> {
  const { config, now, log } = parts;
  const app = new Hono<GatewayEnv>();
  const hooks = new Hooks(parts);
  addHealth(app, parts);
  addDescription(app);
  app.route('/', makePageRoutes(app));
  app.use('/v1/*', nameRequests);
  app.route('/hooks', hooks.incoming);
  app.use('*', authenticate(new Tokens(config.tokens), new RateLimits(config, now)));
  app.get('/api/me', describeCaller);
  app.route('/api/jobs', makeEventRoutes(parts));
  app.route('/api/jobs', makeJobRoutes(parts));
  addFronts(app, parts);
  app.route('/api/hooks', hooks.shown);
  app.route('/api/queues', makeQueueRoutes(parts));
  app.notFound(() => {
    throw new GatewayError('not_found', 'there is no such address: see /openapi.json');
  });
  app.onError(answerError(log));
  return app;
}

const answerError =
  (log: GatewayParts['log']): ErrorHandler<GatewayEnv> =>
  (error, context) => {
    const known = explainError(error);
    if (known.status >= 500) log({ event: 'request_failed', path: context.req.routePath, code: known.code, error });
    if (known.retryAfter !== null) context.header('retry-after', String(known.retryAfter));
    const { code, message, field } = known;
    const body = describeFrontError(context, known) ?? { error: { code, message, field } };
    return context.json(body, known.status);
  };

/** In the gateway's own words, because those of a library may quote what it was given. */
function explainError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new GatewayError('conflict', 'a job with this id runs already: choose another id');
  }
  if (error instanceof WorkflowNotFoundError) return new GatewayError('not_found', 'there is no job with this id');
  if (error instanceof NoWorkerAnswers) return new GatewayError('no_worker', error.message, { retryAfter: 5 });
  if (error instanceof StoreError) {
    return new GatewayError('unavailable', storeAdvice[error.problem], { retryAfter: 5 });
  }
  const failure = describeServerFailure(explainServerFailure(error), 'its address');
  return new GatewayError('unavailable', failure, { retryAfter: 5 });
}
