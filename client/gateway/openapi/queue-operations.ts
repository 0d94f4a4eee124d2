// The requests about queues.

import { z } from 'zod';
import type { QueuePage } from '../../../domain/queue/page.ts';
import type { Added } from '../../../workflows/queue/messages.ts';
import { itemsForm } from '../queues/read-items.ts';
import { emptyForm, flushForm, itemForm } from '../queues/routes.ts';
import type { Operation } from './operation.ts';

const count = z.int().nonnegative();

const added = z.object({
  accepted: count,
  refused: count,
  refusals: z.array(z.looseObject({ line: count, reason: z.string(), message: z.string() })),
}) satisfies z.ZodType<Pick<Added, 'accepted' | 'refused'>>;

const queuePage = z.looseObject({
  name: z.string(),
  mode: z.enum(['open', 'paused', 'draining']),
  depth: z.looseObject({ items: count, bytes: count }),
  oldestMs: z.number().nullable().describe('How long the oldest item has waited.'),
  nextFlushAt: z.number().nullable(),
  totals: z.looseObject({ accepted: count, refused: count, flushed: count }),
}) satisfies z.ZodType<Pick<QueuePage, 'name' | 'mode' | 'oldestMs' | 'nextFlushAt'>>;

const change = {
  group: 'queues',
  method: 'post',
  scope: 'change',
  refusals: ['not_found'],
  answer: { description: 'The queue after the change.', json: queuePage },
} as const;

export const queueOperations: readonly Operation[] = [
  {
    group: 'queues',
    method: 'post',
    scope: 'add',
    path: '/api/queues/:name/items',
    name: 'addItems',
    summary: 'Puts items into a queue, and answers when they are durable; also JSON Lines, or an array',
    query: z.object({ urgent: z.enum(['true', 'false']).optional() }),
    body: itemsForm,
    answer: { description: 'How many are in, and which are refused.', json: added },
    refusals: ['not_found'],
  },
  {
    group: 'queues',
    method: 'get',
    scope: 'read',
    path: '/api/queues/:name',
    name: 'showQueue',
    summary: 'Shows a queue: what waits, and its last flushes',
    answer: { description: 'The queue.', json: queuePage },
    refusals: ['not_found', 'no_worker'],
  },
  {
    ...change,
    path: '/api/queues/:name/flush',
    name: 'flushQueue',
    summary: 'Flushes what waits now',
    body: emptyForm,
  },
  { ...change, path: '/api/queues/:name/pause', name: 'pauseQueue', summary: 'Flushes nothing', body: emptyForm },
  { ...change, path: '/api/queues/:name/resume', name: 'resumeQueue', summary: 'Flushes again', body: emptyForm },
  {
    ...change,
    path: '/api/queues/:name/drain',
    name: 'drainQueue',
    summary: 'Takes nothing more, flushes everything and ends',
    body: emptyForm,
  },
  {
    ...change,
    path: '/api/queues/:name/remove',
    name: 'removeItem',
    summary: 'Takes an item out that waits, by its id',
    body: itemForm,
  },
  {
    ...change,
    path: '/api/queues/:name/retry',
    name: 'retryFlush',
    summary: 'Starts the job of a failed flush again',
    body: flushForm,
  },
];
