// Turns a queue as written into a queue as run: fills in every default, or returns all problems together. Its job is checked as a job, with the
// dataset and the output of a flush.

import type { JobSpec } from '../../domain/job.ts';
import type { FlushPolicy } from '../../domain/queue/state.ts';
import type { JsonObject } from '../fields/field-kinds.ts';
import { resolveOutput, resolveOutputFormat } from '../parts.ts';
import { folderName } from '../path.ts';
import { describeKind, isObject, type Problem, problemsOfIssues } from '../problem.ts';
import { type QueueFields, queueFields } from './schema.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const megabyte = 1024 * 1024;

export interface QueueSpec {
  readonly name: string;
  readonly output: string;
  /** The fields of every flush's job, as written. */
  readonly job: JsonObject;
  readonly outputFormat: NonNullable<JobSpec['outputFormat']> | null;
  readonly flush: FlushPolicy;
  readonly concurrency: number;
  readonly rememberMs: number;
  /** Null: nobody is told what is late. */
  readonly slaMs: number | null;
}

export type ParsedQueue =
  | { readonly kind: 'queue'; readonly spec: QueueSpec }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

export function parseQueue(input: unknown, name: string): ParsedQueue {
  if (!isObject(input) || Array.isArray(input)) {
    const message = `the input is ${describeKind(input)}; give a queue, or { "queue": "<where the queue file is>" }`;
    return { kind: 'problems', problems: [{ where: '', message }] };
  }
  const read = queueFields.safeParse(input);
  const problems = [...jobProblems(input.job), ...(read.success ? [] : issuesOf(read.error.issues, input))];
  if (!read.success || problems.length > 0) return { kind: 'problems', problems };
  return { kind: 'queue', spec: resolve(read.data, name) };
}

const issuesOf = (issues: Parameters<typeof problemsOfIssues>[0], input: unknown): readonly Problem[] =>
  problemsOfIssues(issues, input, queueFields);

const given: Readonly<Record<string, string>> = {
  dataset: 'leave it out: the items of the queue are the dataset of each flush',
  output: 'leave it out: each flush has its own folder in the `output` of the queue',
  reuse: 'leave it out: the queue remembers the ids of its items by itself',
  resumeFrom: 'leave it out: a flush that failed is started again with `retry`',
};

function jobProblems(job: unknown): readonly Problem[] {
  if (!isObject(job)) return [];
  return Object.entries(given)
    .filter(([field]) => field in job)
    .map(([field, message]) => ({ where: `job.${field}`, message }));
}

function resolve({ job, flush = {}, remember, sla, output }: QueueFields, name: string): QueueSpec {
  const { outputFormat } = resolveOutputFormat(output);
  return {
    name,
    output: resolveOutput(output) ?? `queues/${folderName(name)}/`,
    job,
    outputFormat: outputFormat ?? null,
    flush: {
      items: flush.items ?? 10_000,
      bytes: flush.bytes ?? 64 * megabyte,
      ageMs: flush.age ?? hourMs,
      everyMs: flush.every ?? null,
    },
    concurrency: flush.concurrency ?? 10,
    rememberMs: remember ?? 24 * hourMs,
    slaMs: sla ?? null,
  };
}

/** Then an item has its id in the column `id`. Otherwise it is a request line of the provider, with its id where the provider has it. */
export const hasTemplate = ({ job }: Pick<QueueSpec, 'job'>): boolean => 'request' in job || 'prompt' in job;

/** The job of a flush, as a person would write it. */
export function writeFlushJob(
  { job, outputFormat }: QueueSpec,
  flush: { readonly dataset: string; readonly output: string; readonly isUrgent: boolean },
): JsonObject {
  return {
    ...job,
    dataset: { uri: flush.dataset, format: 'jsonl', ...(hasTemplate({ job }) ? { id: 'id' } : {}) },
    output: outputFormat === null ? flush.output : { uri: flush.output, format: outputFormat },
    ...(flush.isUrgent ? { mode: 'realtime' } : {}),
  };
}
