// The requests about the gateway itself.

import { z } from 'zod';
import { health, me } from './answers.ts';
import type { Operation } from './operation.ts';

const hookCounts = z.object({ hooks: z.record(z.string(), z.record(z.string(), z.int())) });

const own = { method: 'get', group: 'gateway' } as const;

export const gatewayOperations: readonly Operation[] = [
  {
    ...own,
    path: '/healthz',
    name: 'isAlive',
    summary: 'Whether the gateway lives',
    scope: 'open',
    answer: { description: 'It lives.', json: health },
  },
  {
    ...own,
    path: '/readyz',
    name: 'isReady',
    summary: 'Whether the gateway can serve',
    scope: 'open',
    answer: {
      description: 'Temporal answers, and the gateway does not drain; otherwise the status is 503.',
      json: health,
    },
  },
  {
    ...own,
    path: '/openapi.json',
    name: 'describeApi',
    summary: 'This description',
    scope: 'open',
    answer: { description: 'OpenAPI 3.1.', json: z.looseObject({ openapi: z.string() }) },
  },
  {
    ...own,
    path: '/api/me',
    name: 'describeCaller',
    summary: 'What the token allows',
    scope: null,
    answer: { description: 'The tenant and the scopes.', json: me },
  },
  {
    ...own,
    path: '/api/hooks',
    name: 'countHooks',
    summary: 'How many events of vendors came to each hook, and what became of them; for operators',
    scope: 'read',
    answer: { description: 'By hook and outcome.', json: hookCounts },
  },
  {
    method: 'post',
    group: 'gateway',
    path: '/hooks/:vendor/:account',
    name: 'takeHook',
    summary: 'Takes a signed event of a vendor: its batch is polled now',
    scope: 'open',
    answer: { description: 'What became of it.', json: z.object({ outcome: z.string() }) },
  },
];
