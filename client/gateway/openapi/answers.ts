// The forms of answers. Their fields are checked against the types of what the gateway sends, by the compiler.

import { z } from 'zod';
import type { JobEstimate } from '../../../domain/plan/estimate.ts';
import { type JobStatus, jobPhases } from '../../../domain/progress/status.ts';
import type { FailureGroup } from '../../failed-rows.ts';
import type { ListedJob } from '../../job-list.ts';
import type { JobOverview } from '../../overview/read-overview.ts';
import { scopes } from '../access/scopes.ts';
import { type GatewayErrorCode, gatewayErrorCodes } from '../errors.ts';

const count = z.int().nonnegative();
const text = z.string().nullable();
const usd = z.number().nullable();

export const refusal = z.object({
  error: z.object({
    code: z.enum(Object.keys(gatewayErrorCodes) as [GatewayErrorCode, ...GatewayErrorCode[]]),
    message: z.string().describe('What is wrong, where, and what to do next.'),
    field: text.describe('The field of the request that is wrong; null if it is not one field.'),
  }),
});

export const health = z.object({ status: z.string() });
export const me = z.object({
  tenant: text.describe('Null: an operator, who sees every tenant.'),
  scopes: z.array(z.enum(scopes)),
});
export const named = z.object({ id: z.string() });

const listedJob = z.object({
  id: z.string(),
  state: z.enum(['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed_out', 'other']),
  phase: text,
  provider: text,
  model: text,
  startedAt: z.string(),
  endedAt: text,
  progress: z.number().nullable().describe('From 0 to 1; null before the first step, and of a job that has ended.'),
  verdict: text,
  answered: count.nullable(),
  failed: count.nullable(),
  costUsd: usd,
  results: text.describe('Where the results are; null until there are some.'),
}) satisfies z.ZodType<ListedJob>;
export const jobList = z.object({ jobs: z.array(listedJob) });

const items = z.looseObject({
  answered: count,
  underWay: count,
  notStarted: count,
  toRetry: count,
  failed: count,
  byReason: z.record(z.string(), count),
}) satisfies z.ZodType<JobStatus['items']>;

const pauses = z.array(z.looseObject({ reason: z.string(), since: z.number(), note: z.string() }));

export const overview = z.looseObject({
  ...listedJob.shape,
  taskQueue: z.string(),
  error: text.describe('Why the job failed.'),
  silence: text.describe('Why no worker answered; null if one did.'),
  blocked: text.describe('Why no call reaches the provider.'),
  webUi: text.describe("The job's page in Temporal's Web UI."),
  items: items.optional(),
  pauses: pauses.optional(),
}) satisfies z.ZodType<Pick<JobOverview, keyof ListedJob | 'taskQueue' | 'error' | 'silence' | 'blocked' | 'webUi'>>;

export const status = z.looseObject({
  phase: z.enum(jobPhases),
  pauses,
  items,
  progress: z.number(),
  costUsd: usd,
  estimateUsd: usd,
  budgetUsd: usd,
}) satisfies z.ZodType<Pick<JobStatus, 'phase' | 'progress' | 'costUsd' | 'estimateUsd' | 'budgetUsd'>>;

export const batchPage = z.object({
  total: count,
  offset: count,
  batches: z.array(
    z.looseObject({
      wave: count,
      batch: count,
      lane: z.string(),
      model: z.string(),
      items: count,
      stage: z.string(),
      done: count,
      failed: count,
      batchId: text.describe("The provider's own id."),
      costUsd: usd.optional().describe('Of a batch that is read from the folder of the job.'),
    }),
  ),
  segments: z.array(z.string()).describe('Workflows that have further batches of the job.'),
});

const failureGroup = z.object({
  reason: z.string(),
  count,
  message: z.string(),
  rows: z.array(z.object({ row: count, id: z.union([z.string(), z.number()]), detail: text })),
}) satisfies z.ZodType<FailureGroup>;
export const failures = z.object({ failures: z.array(failureGroup) });

export const estimate = z.looseObject({
  rows: z.looseObject({ rows: count, accepted: count, refused: count }),
  batches: count,
  items: count,
  inputTokens: z.number(),
  outputTokens: z.number().nullable(),
  usd: usd,
  realtimeUsd: usd,
  budgetUsd: usd,
  caveats: z.array(z.string()),
}) satisfies z.ZodType<Pick<JobEstimate, 'batches' | 'items' | 'inputTokens' | 'usd' | 'budgetUsd'>>;
