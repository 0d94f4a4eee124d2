// The fields of a job that say how long it waits, for what, and how often it tries again.

import { z } from 'zod';
import { wavesMax } from '../../domain/limits.ts';
import { duration } from './field-kinds.ts';

/** More rounds would leave no wave for the fallback. */
const roundsMax = wavesMax - 10;
/** With this factor, the waits grow from the default first one to the default longest one in two polls. */
const factorMax = 10;

export const poll = z.strictObject({
  initial: duration(10).optional().describe('The wait before the first poll of a batch.'),
  factor: z
    .number()
    .min(1)
    .max(factorMax)
    .optional()
    .describe('Each wait is this many times as long as the one before.'),
  max: duration(10).optional().describe('The longest wait between two polls.'),
});

export const retry = z.strictObject({
  rounds: z.number().int().min(0).max(roundsMax).optional().describe('How many times failed items are sent again.'),
  backoff: duration(0).optional().describe('The wait before the first round. It doubles with each round.'),
  flawed: z
    .boolean()
    .optional()
    .describe('Send an item once more if its answer was cut, refused, withheld, empty or not as the schema says.'),
});

export const deadline = z.strictObject({
  batch: duration(1)
    .optional()
    .describe('How long a batch may run from its creation. Then it is cancelled, and what it finished is kept.'),
  job: duration(1)
    .optional()
    .describe(
      'When the job stops waiting, from its start. Its batches are cancelled, what they finished is kept, and `deadline.then` decides about the rest. A fallback may run on.',
    ),
  // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, never a function.
  then: z
    .enum(['fallback', 'retry', 'fail'])
    .optional()
    .describe(
      'What happens to items that are not answered at `deadline.batch` or `deadline.job`. At `deadline.job`, `retry` sends nothing.',
    ),
});
