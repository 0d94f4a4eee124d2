// Turns a job as written into a job as run: fills in every default and clamps every limit, or returns all problems together.

import { type DatasetFormat, findFormats, listUris } from '../domain/dataset.ts';
import type { JobSpec } from '../domain/job.ts';
import { pickSharing } from '../domain/sharing.ts';
import { withDate } from './date.ts';
import type { ProviderFacts, SpecFacts } from './facts.ts';
import {
  describeClamped,
  describeClampedInputs,
  policyProblems,
  resolveDataset,
  resolveDeadline,
  resolveInputs,
  resolveOutput,
  resolveOutputFormat,
  resolvePoll,
  resolveRollout,
  resolveRoute,
  resolveWebhook,
  rolloutProblems,
  routeProblems,
} from './parts.ts';
import { folderName, normalFolder, normalPath } from './path.ts';
import type { Problem } from './problem.ts';
import { readFields } from './read.ts';
import { accountOf, answerSchema, jointProblems, providerFacts, requestBody, requestProblems } from './request.ts';
import { type JobChanges, resumeProblems, splitChanges } from './resume.ts';
import type { JobFields } from './schema.ts';

export type ParsedJob =
  | {
      readonly kind: 'job';
      readonly spec: JobSpec;
      /** What is done in another way than the job says. */
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'resume';
      /** The output to take over. */
      readonly from: string;
      /** The changes from now on. */
      readonly changes: JobChanges;
      /** The other fields: `takeOver` checks that they equal the old job's. */
      readonly same: JobFields;
    }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

export function parseJob(input: unknown, facts: SpecFacts): ParsedJob {
  const { fields: asWritten, failed, problems: fieldProblems } = readFields(input);
  const fields = withDate(asWritten, facts.at);
  if (fieldProblems.some(({ where }) => where === '' || where === 'job')) return refused(fieldProblems);
  if (fields.resumeFrom !== undefined || failed.has('resumeFrom')) return resumed(fields, fieldProblems);
  const problems = [
    ...fieldProblems,
    ...datasetProblems(fields, failed),
    ...requestProblems(fields, failed, facts),
    ...rolloutProblems(fields.rollout),
    ...routeProblems(fields, failed),
    ...policyProblems({ poll: resolvePoll(fields.poll), deadline: resolveDeadline(fields.deadline) }),
  ];
  const provider = providerFacts(fields, facts);
  if (provider !== undefined) problems.push(...jointProblems(fields, provider));
  if (problems.length > 0 || provider === undefined) return refused(problems);
  return { kind: 'job', spec: resolved(fields, provider, facts), warnings: describeWarnings(fields, provider) };
}

const describeWarnings = (fields: JobFields, provider: ProviderFacts): readonly string[] => [
  ...describeClamped(fields, provider),
  ...describeClampedInputs(fields, provider),
];

function refused(problems: readonly Problem[]): ParsedJob {
  return { kind: 'problems', problems };
}

function resumed(fields: JobFields, fieldProblems: readonly Problem[]): ParsedJob {
  const problems = [...fieldProblems, ...resumeProblems(fields)];
  if (problems.length > 0 || fields.resumeFrom === undefined) return refused(problems);
  return { kind: 'resume', from: normalFolder(fields.resumeFrom), ...splitChanges(fields) };
}

/** If no format is given, the files' names must say it. */
function datasetProblems({ dataset }: JobFields, failed: ReadonlySet<string>): Problem[] {
  if (dataset === undefined) return failed.has('dataset') ? [] : [{ where: 'dataset', message: 'is missing' }];
  const given = typeof dataset === 'string' ? { uri: dataset } : dataset;
  const [format, ...others] = given.format === undefined ? findFormats(given.uri) : [given.format];
  const where = typeof dataset === 'string' ? 'dataset' : 'dataset.uri';
  if (others.length > 0) return [{ where, message: 'must be files of one format' }];
  if (format === undefined) {
    const isForeign = listUris(given.uri).some((uri) => /\.(json|zip|xlsx?)$/i.test(uri));
    const way = isForeign ? 'convert it' : 'name it so, or give `dataset.format`';
    return [{ where, message: `must be JSON Lines, CSV or Parquet; ${way}` }];
  }
  return textProblems(given, format);
}

/** Settings that have no meaning for the format are refused, so that nobody counts on them. */
function textProblems(
  { encoding, delimiter }: Exclude<NonNullable<JobFields['dataset']>, string>,
  format: DatasetFormat,
): Problem[] {
  const isText = format !== 'parquet';
  return [
    ...(encoding === undefined || isText
      ? []
      : [{ where: 'dataset.encoding', message: 'is only for text: Parquet has none' }]),
    ...(delimiter === undefined || format === 'csv'
      ? []
      : [{ where: 'dataset.delimiter', message: 'is only for CSV' }]),
  ];
}

function resolved(fields: JobFields, provider: ProviderFacts, facts: SpecFacts): JobSpec {
  const { itemsMax, bytesMax, itemsMin } = provider.limits;
  const request = requestBody(fields, facts);
  return {
    version: 1,
    dataset: resolveDataset(fields.dataset ?? ''),
    provider: fields.provider ?? '',
    account: accountOf(fields),
    ...pickSharing({ ...fields, priority: fields.priority ?? 2 }),
    model: fields.model ?? null,
    endpoint: request === null ? null : (fields.endpoint ?? provider.defaultEndpoint),
    request,
    schema: answerSchema(fields),
    output: resolveOutput(fields.output) ?? `runs/${folderName(facts.workflowId)}/`,
    ...resolveOutputFormat(fields.output),
    batch: {
      maxItems: Math.max(itemsMin, Math.min(fields.batch?.maxItems ?? 10_000, itemsMax)),
      maxBytes: Math.min(fields.batch?.maxBytes ?? bytesMax, bytesMax),
      concurrency: fields.batch?.concurrency ?? 10,
      ...resolveInputs(fields, provider),
    },
    realtime: {
      concurrency: fields.realtime?.concurrency ?? 16,
      rpm: fields.realtime?.rpm ?? null,
      tpm: fields.realtime?.tpm ?? null,
    },
    poll: resolvePoll(fields.poll),
    retry: {
      rounds: fields.retry?.rounds ?? 3,
      backoffMs: fields.retry?.backoff ?? 30_000,
      ...(fields.retry?.flawed === false ? { flawed: false } : {}),
    },
    deadline: resolveDeadline(fields.deadline),
    ...(fields.sla === undefined ? {} : { slaMs: fields.sla }),
    fallback: { lane: fields.fallback?.lane ?? 'realtime', maxUsd: fields.fallback?.maxUsd ?? null },
    minBatchItems: Math.max(itemsMin, fields.minBatchItems ?? 50),
    ...resolveMode(fields, provider),
    maxRejectRate: fields.maxRejectRate ?? 0.05,
    ...resolveRollout(fields.rollout),
    budgetUsd: fields.budget?.usd ?? null,
    ...(fields.budget?.strict === true ? { strictBudget: true } : {}),
    ...resolveWebhook(fields.webhook),
    reuse: fields.reuse === undefined ? null : normalPath(fields.reuse),
    keep: { responses: fields.keep?.responses ?? false, providerFiles: fields.keep?.providerFiles ?? false },
  };
}

/** Without batches, there is nothing to choose for a route. */
function resolveMode({ mode = 'batch', route }: JobFields, { lanes }: ProviderFacts): Pick<JobSpec, 'mode' | 'route'> {
  return lanes.includes('batch') ? { mode, ...resolveRoute(route) } : { mode: 'realtime' };
}
