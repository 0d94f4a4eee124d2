// The fields of a job as a user writes it, each with its meaning, type and limits. `resolve.ts` fills in the defaults.

import { z } from 'zod';
import { datasetFormats, isKnownEncoding } from '../domain/dataset.ts';
import { resultFormats } from '../domain/job.ts';
import { batchesPerSegment, realtimeConcurrencyMax } from '../domain/limits.ts';
import { jobModes } from '../domain/plan/route.ts';
import { webhookEvents } from '../domain/webhook/events.ts';
import { count, duration, fixedPath, jsonObject, name, path, text, usd } from './fields/field-kinds.ts';
import { deadline, poll, retry } from './fields/waiting-fields.ts';
import { findUrlProblem } from './receiver-url.ts';
import { isTimezone } from './timezone.ts';

/** Each step is a wave. */
const rolloutStepsMax = 10;

const dataset = z.strictObject({
  uri: z
    .union([path(), z.array(path()).min(1)])
    .describe(
      'A path below the data root, or `s3://bucket/key` or `gs://bucket/key`, or several of these that are read one after the other. `*` in a path stands for any part of a name, and `**` for any folders: such files are read in the order of their names. `{date}` becomes the day that the run is for.',
    ),
  format: z
    .enum(datasetFormats)
    .optional()
    .describe(
      'The format, for files whose names do not say it. A name that ends in `.gz` or `.zst` says that the file is compressed.',
    ),
  encoding: z
    .string()
    .refine(isKnownEncoding, { error: 'must be an encoding of the Encoding Standard, e.g. "windows-1252"' })
    .optional()
    .describe('The encoding of a text file, e.g. `windows-1252`.'),
  delimiter: z
    .string()
    .regex(/^[^"\r\n]$/, { error: 'must be one character, e.g. ";", and not a quote' })
    .optional()
    .describe('What separates the values of a CSV file.'),
  files: z
    .array(text())
    .min(1)
    .optional()
    .describe(
      'Columns with paths of images, PDFs or audio files. In the template, such a column has `mediaType` and `base64`.',
    ),
  id: text().optional().describe('The column that identifies a row.'),
  limit: count().optional().describe('Read only this many rows.'),
});

const prompt = z.strictObject({
  system: z.string().optional().describe('The instructions: a Liquid template over the row.'),
  user: text().describe('The message: a Liquid template over the row.'),
  schema: jsonObject()
    .optional()
    .meta({ type: 'object', description: 'JSON Schema of the answer. It is sent to the provider and checked.' }),
  maxTokens: count().optional().describe('The most output tokens of an answer.'),
  temperature: z.number().min(0).max(2).optional().describe('Sampling temperature.'),
  cache: z
    .boolean()
    .optional()
    .describe("Mark the instructions for the provider's prompt cache, if the provider wants a mark."),
});

const output = z.strictObject({
  uri: path().describe(
    'The folder of everything that the job writes: a path below the data root, or a prefix in a bucket. `{date}` in it becomes the day that the run is for.',
  ),
  format: z
    .enum(resultFormats)
    .optional()
    .describe('`results.jsonl` is always written. `csv` or `parquet` adds the results as a table next to it.'),
});

const batch = z.strictObject({
  maxItems: count().optional().describe("The most items of one provider batch, within the provider's limit."),
  maxBytes: count().optional().describe("The most bytes of one provider batch, within the provider's limit."),
  inputsPerRequest: count()
    .optional()
    .describe(
      'How many rows share one request of a batch, for an endpoint that takes several inputs, e.g. embeddings. Each row has its own result.',
    ),
  concurrency: count().max(batchesPerSegment).optional().describe('The most batches at the provider at the same time.'),
});

const realtime = z.strictObject({
  concurrency: count().max(realtimeConcurrencyMax).optional().describe('The most calls in progress at the same time.'),
  rpm: count().optional().describe('The most requests in a minute, over all workers of the job.'),
  tpm: count().optional().describe('The most tokens in a minute: the prompt, and the output that a request allows.'),
});

const fallback = z.strictObject({
  lane: z.enum(['realtime', 'none']).optional().describe('Where items go that are not answered after all rounds.'),
  maxUsd: usd()
    .optional()
    .describe('The most that all items that fall back may cost together. Further rows fail with `budget`.'),
});

const route = z.strictObject({
  when: text()
    .optional()
    .describe(
      'A Liquid condition over the row, e.g. `priority == "high"`. A row without a column that it names is refused.',
    ),
  upTo: count().optional().describe('The most rows that go through the realtime lane. The others go in batches.'),
});

const rollout = z.strictObject({
  steps: z
    .array(z.number().positive().max(1))
    .min(1)
    .max(rolloutStepsMax)
    .optional()
    .describe('Shares of the rows, ascending. Each step is a sample that has the rows of the steps before it.'),
  maxErrorRate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'If a larger share of a step fails, or does not satisfy the schema, the job pauses before the next step.',
    ),
  approve: z.boolean().optional().describe('Wait after the first step until a person approves the rest.'),
});

const budget = z.strictObject({
  usd: usd().describe(
    'The most that the whole job may cost, in USD. A batch that would pass it pauses the job. A realtime row that would pass it fails with `budget`.',
  ),
  strict: z
    .boolean()
    .optional()
    .describe(
      'Reserve the most that each request may cost: a token for every byte of it, its whole output limit, and the highest price of input.',
    ),
});

const webhook = z.strictObject({
  url: z
    .string()
    .superRefine((value, { addIssue }) => {
      const problem = findUrlProblem(value);
      if (problem !== null) addIssue(problem);
    })
    .describe('Where messages are sent by POST: an `https` address, or `http`.'),
  events: z
    .array(z.enum(webhookEvents))
    .min(1)
    .optional()
    .describe('The kinds of messages: when the job has ended, is paused, is resumed, or has collected batches.'),
});

const keep = z.strictObject({
  responses: z.boolean().optional().describe("Put the provider's whole response into the results."),
  providerFiles: z.boolean().optional().describe("Do not delete the provider's copies of the files."),
});

/** All are optional: a job needs some of them, depending on the others, and `resolve.ts` says which. */
export const jobFields = z.strictObject({
  $schema: z.string().optional().describe('Where this schema is, for editors.'),
  version: z.literal(1).optional().describe('The version of this format.'),
  dataset: z
    .union([path(), dataset])
    .optional()
    .describe(
      'The rows: a path below the data root, `s3://bucket/key` or `gs://bucket/key`, or an object that says more.',
    ),
  provider: text().optional().describe('The provider, for example `openai`, `anthropic` or `groq`.'),
  account: text()
    .optional()
    .describe("The set of the provider's credentials in the worker's configuration. Default: `default`."),
  tenant: name()
    .optional()
    .describe('The team or customer that the job runs for. Tenants share workers and accounts fairly.'),
  feature: name().optional().describe('What the job is for, e.g. `search`: costs can be capped by feature.'),
  priority: z
    .union([z.literal(1), z.literal(2), z.literal(3)])
    .optional()
    .describe('1 is urgent, 2 is standard, 3 is background.'),
  model: text().optional().describe('The model, by the name that the provider gives it.'),
  endpoint: text().optional().describe("The provider's endpoint."),
  request: jsonObject().optional().meta({
    type: 'object',
    description: "The provider's own request body. Its strings are Liquid templates over the row.",
  }),
  prompt: prompt.optional().describe('A request that every provider understands, instead of `request`.'),
  schema: jsonObject().optional().meta({
    type: 'object',
    description: 'JSON Schema that an answer must satisfy. It is checked, and not sent.',
  }),
  output: z.union([path(), output]).optional().describe('The folder for the results, or an object that says more.'),
  timezone: z
    .string()
    .refine(isTimezone, { error: 'must be an IANA time zone, e.g. "Europe/Berlin"' })
    .optional()
    .describe('The time zone of the day that `{date}` becomes.'),
  batch: batch.optional().describe('How the dataset is cut into provider batches.'),
  realtime: realtime.optional().describe('How fast synchronous calls are made.'),
  poll: poll.optional().describe('How often a batch is polled.'),
  retry: retry.optional().describe('Further rounds for items whose failure may be temporary.'),
  deadline: deadline.optional().describe('When waiting ends.'),
  sla: duration(1)
    .optional()
    .describe('How long the job should take. It is reported and raises an alert, and ends nothing.'),
  fallback: fallback.optional().describe('What follows after the last round or a deadline.'),
  minBatchItems: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('If fewer items than this are left, they go through the realtime lane.'),
  mode: z
    .enum(jobModes)
    .optional()
    .describe('Provider batches, immediate synchronous calls, or calls for some rows and batches for the rest.'),
  route: route
    .optional()
    .describe('Which rows of a hybrid job go through the realtime lane, in the order of the rows.'),
  maxRejectRate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('If a larger share of the rows is refused, the job fails before it spends anything.'),
  rollout: rollout.optional().describe('Run samples of the rows first, and check each before more is sent.'),
  budget: budget.optional().describe('The most that the job may cost.'),
  reuse: fixedPath()
    .optional()
    .describe(
      '`results.jsonl` of an earlier job. Rows that are answered there are carried over, and rows in doubt there are not sent again.',
    ),
  resumeFrom: fixedPath()
    .optional()
    .describe('The output of a job that ended before it finished. Its plan, batches and answers are taken over.'),
  webhook: webhook.optional().describe('Who is told what happens to the job, by signed messages.'),
  keep: keep.optional().describe('What the job keeps in addition to its results.'),
});

export type JobFields = z.infer<typeof jobFields>;

/** A job as a person writes it: durations are text. */
export type Job = z.input<typeof jobFields>;
