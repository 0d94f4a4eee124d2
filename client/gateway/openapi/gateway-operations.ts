// The requests about the gateway itself.

import { z } from 'zod';
import { health, me } from './answers.ts';
import type { Operation } from './operation.ts';

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
];
