// The fields of a queue as a user writes it, each with its meaning, type and limits. `resolve.ts` fills in the defaults.

import { z } from 'zod';
import { resultFormats } from '../../domain/job.ts';
import { flushBytesMax, flushItemsMax } from '../../domain/queue/state.ts';
import { count, duration, fixedPath, jsonObject } from '../fields/field-kinds.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

const flush = z.strictObject({
  items: count().max(flushItemsMax).optional().describe('Flush as soon as so many items wait.'),
  bytes: count().max(flushBytesMax).optional().describe('Flush as soon as so many bytes wait.'),
  age: duration(secondMs).optional().describe('Flush as soon as an item has waited for so long.'),
  every: duration(minuteMs)
    .optional()
    .describe('Flush at each multiple of this time in UTC, whatever waits: `1h` is on the hour.'),
  concurrency: count().max(100).optional().describe('The most flushes that run at the same time.'),
});

const output = z.strictObject({
  uri: fixedPath().describe('The folder of the queue and of the results of its flushes.'),
  format: z
    .enum(resultFormats)
    .optional()
    .describe('As in a job: `csv` or `parquet` adds the results as a table next to `results.jsonl`.'),
});

export const queueFields = z.strictObject({
  $schema: z.string().optional().describe('Where this schema is, for editors.'),
  version: z.literal(1).optional().describe('The version of this format.'),
  job: jsonObject().describe('The job that each flush runs: a job without `dataset` and `output`.'),
  flush: flush.optional().describe('When items that wait become a job.'),
  remember: duration(minuteMs)
    .optional()
    .describe('How long the id of an item is remembered: an item that comes again within this time is dropped.'),
  sla: duration(secondMs)
    .optional()
    .describe(
      'The longest time from the acceptance of an item to its answer. A flush that takes longer raises an alert and is counted.',
    ),
  output: z
    .union([fixedPath(), output])
    .optional()
    .describe('The folder of everything that the queue writes, or an object that says more.'),
});

export type QueueFields = z.infer<typeof queueFields>;

/** A queue as a person writes it: durations are text. */
export type Queue = z.input<typeof queueFields>;
