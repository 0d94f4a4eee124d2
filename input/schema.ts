// The fields of a job as a user writes it, each with its meaning, type and limits. `resolve.ts` fills in the defaults.

import { z } from 'zod';
import { durationPattern, formatDuration, parseDuration } from '../domain/duration.ts';
import { batchesPerSegment, realtimeConcurrencyMax, wavesMax } from '../domain/limits.ts';
import type { Json } from '../domain/outcome/outcome.ts';
import { pathProblem } from './path.ts';

export type JsonObject = { [name: string]: Json };

/** More rounds would leave no wave for the fallback. */
const roundsMax = wavesMax - 10;
/** With this factor, the waits grow from the default first one to the default longest one in two polls. */
const factorMax = 10;

/** No batch, job or wait takes longer: a longer duration is a mistake. */
const durationMsMax = 366 * 24 * 3_600_000;
const durationWanted = 'must be a duration as text, e.g. "90s", "15m" or "1h30m"';

const text = () => z.string().min(1);
const count = () => z.number().int().min(1);
const usd = () => z.number().min(0);

/** Text with its unit, parsed to milliseconds: a bare number would not say whether it means seconds. */
const duration = (shortestMs: number) =>
  z
    .string({ error: durationWanted })
    .regex(new RegExp(durationPattern), { error: durationWanted })
    .transform((value) => parseDuration(value) ?? 0)
    .refine((ms) => ms >= shortestMs, { error: `must be at least ${formatDuration(shortestMs)}` })
    .refine((ms) => ms <= durationMsMax, { error: `must be at most ${formatDuration(durationMsMax)}` });

const path = () =>
  z.string().superRefine((value, { addIssue }) => {
    const problem = pathProblem(value);
    if (problem !== null) addIssue(problem);
  });

/** A path that does not depend on the day. */
const fixedPath = () =>
  path().refine((value) => !value.includes('{date}'), {
    error: 'must be a plain path: {date} is filled in in `dataset` and `output` only',
  });

/** The input is JSON already: only whether it is an object needs a check. */
const jsonObject = () =>
  z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be an object',
  });

const format = () => z.literal('jsonl').describe('JSON Lines: one JSON object on each line.');

const dataset = z.strictObject({
  uri: path().describe('Where the dataset lies: a path below the data root; `{date}` in it is the day the run is for.'),
  format: format()
    .optional()
    .describe('What the file is, where its name does not say: `jsonl`. Default: by the extension.'),
  id: text()
    .optional()
    .describe('The column that identifies a row. Default: `id` where a row has it, else the row number.'),
  limit: count().optional().describe('Read this many rows only.'),
});

const prompt = z.strictObject({
  system: z.string().optional().describe('Instructions; a Liquid template over the row.'),
  user: text().describe('The message; a Liquid template over the row.'),
  schema: jsonObject()
    .optional()
    .meta({ type: 'object', description: 'JSON Schema of the answer: sent, and checked.' }),
  maxTokens: count().optional().describe('Output tokens at most.'),
  temperature: z.number().min(0).max(2).optional().describe("Sampling temperature. Default: the model's own."),
  cache: z
    .boolean()
    .optional()
    .describe("Mark the instructions for the provider's prompt cache where that needs a mark."),
});

const output = z.strictObject({
  uri: path().describe(
    'The folder that everything is written to: a path below the data root; `{date}` in it is the day the run is for.',
  ),
  format: format().optional().describe('Format of the results: `jsonl`.'),
});

const batch = z.strictObject({
  maxItems: count()
    .optional()
    .describe("Items of one provider batch at most. Default 10000, within the provider's limit."),
  maxBytes: count().optional().describe("Bytes of one provider batch at most. Default: the provider's limit."),
  concurrency: count().max(batchesPerSegment).optional().describe('Batches at the provider at once. Default 10.'),
});

const realtime = z.strictObject({
  concurrency: count().max(realtimeConcurrencyMax).optional().describe('Calls under way at once. Default 16.'),
  rpm: count()
    .optional()
    .describe("Requests a minute at most, over all workers of the job. Default: no bound but the provider's."),
  tpm: count()
    .optional()
    .describe(
      "Tokens a minute at most: the prompt, and the output that a request allows. Default: no bound but the provider's.",
    ),
});

const poll = z.strictObject({
  initial: duration(10).optional().describe('The first wait before looking at a batch. Default "10s".'),
  factor: z
    .number()
    .min(1)
    .max(factorMax)
    .optional()
    .describe('How much longer each wait is than the last. Default 1.5.'),
  max: duration(10).optional().describe('The longest wait. Default "5m".'),
});

const retry = z.strictObject({
  rounds: z
    .number()
    .int()
    .min(0)
    .max(roundsMax)
    .optional()
    .describe('How often failed items are sent again. Default 3.'),
  backoff: duration(0).optional().describe('The wait before the first round; it doubles. Default "30s".'),
});

const deadline = z.strictObject({
  batch: duration(1)
    .optional()
    .describe('From a batch\'s creation until it is cancelled and collected. Default "20h".'),
  job: duration(1)
    .optional()
    .describe("From the job's start until its batches are cancelled and collected. Default: none."),
  // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, and never a function.
  then: z.enum(['fallback', 'retry', 'fail']).optional().describe('What becomes of the items. Default `fallback`.'),
});

const fallback = z.strictObject({
  lane: z.enum(['realtime', 'none']).optional().describe('Where unanswered items go last. Default `realtime`.'),
  maxUsd: usd()
    .optional()
    .describe(
      'What all items may cost together that fall back; further rows fail with `budget`. Default: what the budget leaves.',
    ),
});

const budget = z.strictObject({
  usd: usd().describe(
    'What the whole job may cost, in USD: a batch that would pass it pauses the job; realtime rows that would fail with `budget`.',
  ),
});

const keep = z.strictObject({
  responses: z.boolean().optional().describe("Put the provider's whole response into the results. Default false."),
  providerFiles: z.boolean().optional().describe("Leave the provider's copies where they are. Default false."),
});

/** All optional: which ones a job needs depends on the others, and `resolve.ts` says so. */
export const jobFields = z.strictObject({
  $schema: z.string().optional().describe('Where this schema lies, for editors.'),
  version: z.literal(1).optional().describe('Version of this format: 1.'),
  dataset: z.union([path(), dataset]).optional().describe('The rows: a path below the data root, or more about it.'),
  provider: text().optional().describe('Who answers, e.g. `openai` or `anthropic`.'),
  model: text().optional().describe("The model, by the provider's name for it."),
  endpoint: text().optional().describe("The provider's endpoint. Default: its chat endpoint."),
  request: jsonObject().optional().meta({
    type: 'object',
    description: "The provider's own request body; its strings are Liquid templates over the row.",
  }),
  prompt: prompt.optional().describe('Instead of `request`: the same for every provider.'),
  schema: jsonObject().optional().meta({
    type: 'object',
    description: 'JSON Schema that an answer must satisfy: checked, not sent.',
  }),
  output: z.union([path(), output]).optional().describe('The folder for results. Default: `runs/<workflow id>/`.'),
  timezone: z
    .string()
    .refine(isTimezone, { error: 'must be an IANA time zone, e.g. "Europe/Berlin"' })
    .optional()
    .describe('Whose day `{date}` is, e.g. "Europe/Berlin". Default UTC.'),
  batch: batch.optional().describe('How the dataset is cut into provider batches.'),
  realtime: realtime.optional().describe('How fast the synchronous calls go.'),
  poll: poll.optional().describe('How often a batch is looked at.'),
  retry: retry.optional().describe('Further rounds for items that failed in a way that may pass.'),
  deadline: deadline.optional().describe('When waiting ends.'),
  fallback: fallback.optional().describe('What follows exhausted rounds and deadlines.'),
  minBatchItems: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Fewer items than this left go the realtime way. Default 50.'),
  mode: z.enum(['batch', 'realtime']).optional().describe('Batches, or synchronous calls at once at twice the price.'),
  maxRejectRate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of refused rows that stops the job. Default 0.05.'),
  budget: budget.optional().describe('What the job may cost.'),
  reuse: fixedPath()
    .optional()
    .describe(
      '`results.jsonl` of an earlier job: its answers are not paid for again, and what is in doubt there is not sent again.',
    ),
  resumeFrom: fixedPath()
    .optional()
    .describe('The output of a job that ended unfinished: its plan, batches and answers are taken over.'),
  keep: keep.optional().describe('What is kept that is normally not.'),
});

export type JobFields = z.infer<typeof jobFields>;

/** A job as a person writes it: durations are text. */
export type Job = z.input<typeof jobFields>;

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
}
