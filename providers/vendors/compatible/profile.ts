// What a profile says about a provider with OpenAI's API: the form of the profiles that are shipped, and of those in a worker's configuration.

import { z } from 'zod';
import { faults } from '../../../domain/batch/backoff.ts';
import { batchFailures } from '../../../domain/batch/state.ts';
import { durationPattern, parseDuration } from '../../../domain/duration.ts';
import { needs } from '../../../domain/request/needs.ts';
import { openaiEndpoints } from '../../dialects/openai/requests.ts';

const count = () => z.number().int().min(1);
const windowText = z.string().regex(new RegExp(durationPattern));

/** Whatever a profile does not say is taken to be as little as a server can promise. */
const batchApi = z.strictObject({
  itemsMax: count().default(50_000),
  bytesMax: count().default(100_000_000),
  /** `completion_window` of a batch, and how long it may run. */
  window: windowText.default('24h'),
  filePurpose: z.string().min(1).default('batch'),
  uploadPath: z.string().startsWith('/').default('/files'),
  /** An upload may say when it expires. */
  uploadExpires: z.boolean().default(false),
  /** A batch keeps the metadata of its create and lists it. Otherwise it is recognised by its file. */
  metadata: z.boolean().default(false),
  /** The counts of an ended batch can be trusted: what they do not count did not run. */
  counts: z.boolean().default(false),
  /** The stated size of a file can be trusted. */
  sizes: z.boolean().default(false),
  /** A batch that ends `failed` with errors of the check alone, and without a file, ran nothing. */
  failedMeansNothingRan: z.boolean().default(false),
});

export const profileShape = z.strictObject({
  /** `/v1` included. */
  baseUrl: z.url(),
  /** Whether calls need a key. */
  needsKey: z.boolean().default(true),
  endpoints: z.array(z.enum(openaiEndpoints)).min(1).default(['/v1/chat/completions']),
  /** The field of a chat request that limits its output. */
  outputLimit: z.enum(['max_completion_tokens', 'max_tokens']).default('max_completion_tokens'),
  /** What requests may not ask for. */
  lacks: z.array(z.enum(needs)).default([]),
  /** Null where there is no batch API: then the requests are sent one by one. */
  batch: batchApi.nullable().default(null),
  /** Codes in refusals that OpenAI does not have. */
  codes: z.record(z.string(), z.enum(faults)).default({}),
  /** Codes of batches that failed as a whole. */
  batchCodes: z.record(z.string(), z.enum(batchFailures)).default({}),
  /** Where these facts come from, and what was not checked. For people. */
  source: z.string().optional(),
});

export type Profile = z.output<typeof profileShape>;
export type Profiles = Readonly<Record<string, Profile>>;

export const readWindowMs = (window: string): number => parseDuration(window) ?? 0;

/** A name is part of variables and of task queues. */
export const profilesShape = z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), profileShape);
