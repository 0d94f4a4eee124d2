// Parts of a job that are resolved in the same way when it starts and when it is resumed, and the rules between them.

import { findFormats } from '../domain/dataset.ts';
import type { JobSpec } from '../domain/job.ts';
import { defaultEvents } from '../domain/webhook/events.ts';
import type { ProviderFacts } from './facts.ts';
import { normalFolder, normalPath } from './path.ts';
import type { Problem } from './problem.ts';
import type { JobFields } from './schema.ts';
import { findConditionProblem } from './templates/condition.ts';

export function resolveDataset(dataset: NonNullable<JobFields['dataset']>): JobSpec['dataset'] {
  const given = typeof dataset === 'string' ? { uri: dataset } : dataset;
  const { uri, id = null, limit = null, encoding, delimiter, files } = given;
  return {
    uri: typeof uri === 'string' ? normalPath(uri) : uri.map(normalPath),
    format: given.format ?? findFormats(uri)[0] ?? 'jsonl',
    ...(encoding === undefined ? {} : { encoding }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(files === undefined ? {} : { files }),
    id,
    limit,
  };
}

export function resolveOutput(output: JobFields['output']): string | null {
  if (output === undefined) return null;
  return normalFolder(typeof output === 'string' ? output : output.uri);
}

/** Absent if it is the default. */
export function resolveOutputFormat(output: JobFields['output']): Pick<JobSpec, 'outputFormat'> {
  const format = typeof output === 'object' ? output.format : undefined;
  return format === undefined || format === 'jsonl' ? {} : { outputFormat: format };
}

/** If only one of the two waits is given, the default of the other is adjusted to it. */
export function resolvePoll(poll: JobFields['poll']): JobSpec['poll'] {
  const initialMs = poll?.initial ?? Math.min(10_000, poll?.max ?? 10_000);
  return { initialMs, factor: poll?.factor ?? 1.5, maxMs: poll?.max ?? Math.max(300_000, initialMs) };
}

export function resolveDeadline(deadline: JobFields['deadline']): JobSpec['deadline'] {
  return {
    batchMs: deadline?.batch ?? 20 * 3_600_000,
    jobMs: deadline?.job ?? null,
    // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, never a function.
    then: deadline?.then ?? 'fallback',
  };
}

/** Absent if nobody is to be told. */
export function resolveWebhook(webhook: JobFields['webhook']): Pick<JobSpec, 'webhook'> {
  return webhook === undefined ? {} : { webhook: { url: webhook.url, events: webhook.events ?? defaultEvents } };
}

const defaultSteps = [0.01, 0.1, 1];

/** Absent without a rollout. The last step always has all rows. */
export function resolveRollout(rollout: JobFields['rollout']): Pick<JobSpec, 'rollout'> {
  if (rollout === undefined) return {};
  const { steps = defaultSteps, maxErrorRate = 0.05, approve = false } = rollout;
  return { rollout: { steps: steps.at(-1) === 1 ? steps : [...steps, 1], maxErrorRate, approve } };
}

export function rolloutProblems(rollout: JobFields['rollout']): Problem[] {
  const { steps = [] } = rollout ?? {};
  const isAscending = steps.every((share, index) => share > (steps[index - 1] ?? 0));
  return isAscending ? [] : [{ where: 'rollout.steps', message: 'must be ascending, e.g. [0.01, 0.1, 1]' }];
}

export function resolveRoute(route: JobFields['route']): Pick<JobSpec, 'route'> {
  return route === undefined ? {} : { route: { when: route.when ?? null, upTo: route.upTo ?? null } };
}

/** `failed` are fields with problems of their own. */
export function routeProblems(fields: JobFields, failed: ReadonlySet<string>): Problem[] {
  const { mode, route } = fields;
  if (route === undefined) {
    if (mode !== 'hybrid' || failed.has('route')) return [];
    return [{ where: 'route', message: 'is missing: it says which rows of a hybrid job go through the realtime lane' }];
  }
  if (mode !== 'hybrid' && !failed.has('mode')) {
    return [{ where: 'route', message: 'is only for `mode: "hybrid"`; give this mode, or leave it out' }];
  }
  return route.when === undefined ? unlimitedProblems(fields) : conditionProblems(route.when);
}

/** Every row would be sent at the realtime price, which is what `mode: "realtime"` says plainly. */
function unlimitedProblems({ route, realtime }: JobFields): Problem[] {
  const isLimited = [route?.upTo, realtime?.rpm, realtime?.tpm].some((limit) => limit !== undefined);
  if (isLimited) return [];
  return [{ where: 'route', message: 'would take every row: give `when`, `upTo`, `realtime.rpm` or `realtime.tpm`' }];
}

function conditionProblems(when: string): Problem[] {
  const message = findConditionProblem(when);
  return message === null ? [] : [{ where: 'route.when', message }];
}

export function policyProblems({ poll, deadline }: Pick<JobSpec, 'poll' | 'deadline'>): Problem[] {
  const problems: Problem[] = [];
  if (poll.initialMs > poll.maxMs) {
    problems.push({ where: 'poll.max', message: 'must be no shorter than `poll.initial`' });
  }
  if (deadline.then === 'retry' && deadline.jobMs !== null) {
    problems.push({
      where: 'deadline.then',
      message: 'cannot be "retry" with `deadline.job`: nothing is sent after that',
    });
  }
  return problems;
}

/** Limits that the provider does not allow: its own are used, and the job says so. */
export function describeClamped(
  { batch, mode, provider }: JobFields,
  { limits, lanes }: ProviderFacts,
): readonly string[] {
  const { maxItems, maxBytes } = batch ?? {};
  const isWithoutBatches = !lanes.includes('batch') && mode !== 'realtime';
  return [
    ...(isWithoutBatches
      ? [`${provider} has no batch API here: its requests are sent one by one, in the realtime lane`]
      : []),
    ...describeLimit('batch.maxItems', maxItems, limits.itemsMin, limits.itemsMax, `items in a batch of ${provider}`),
    ...describeLimit('batch.maxBytes', maxBytes, 0, limits.bytesMax, `bytes in a batch of ${provider}`),
  ];
}

function describeLimit(
  field: string,
  asked: number | undefined,
  min: number,
  max: number,
  what: string,
): readonly string[] {
  if (asked === undefined || (asked >= min && asked <= max)) return [];
  const [bound, limit] = asked > max ? ['at most', max] : ['at least', min];
  const [given, used] = [asked, limit].map((count) => count.toLocaleString('en-US'));
  return [`${field} is ${given}, but there are ${bound} ${used} ${what}: ${used} is used`];
}

/** Null if the endpoint does not take several inputs. */
export function findInputsMax({ endpoint }: JobFields, { inputsMax, defaultEndpoint }: ProviderFacts): number | null {
  return inputsMax?.[endpoint ?? defaultEndpoint] ?? null;
}

/** Absent if each row is a request of its own. */
export function resolveInputs(fields: JobFields, provider: ProviderFacts): Pick<JobSpec['batch'], 'inputsPerRequest'> {
  const asked = Math.min(fields.batch?.inputsPerRequest ?? 1, findInputsMax(fields, provider) ?? 1);
  return asked > 1 ? { inputsPerRequest: asked } : {};
}

export function describeClampedInputs(fields: JobFields, provider: ProviderFacts): readonly string[] {
  const asked = fields.batch?.inputsPerRequest ?? 1;
  const most = findInputsMax(fields, provider) ?? asked;
  if (asked <= most) return [];
  const [given, used] = [asked, most].map((count) => count.toLocaleString('en-US'));
  return [`batch.inputsPerRequest is ${given}, but a request takes at most ${used} inputs: ${used} is used`];
}
