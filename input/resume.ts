// Takes over an unfinished job: how it runs may change, but its requests and its provider may not.

import { defaultAccount, type JobSpec, type ResultFormat } from '../domain/job.ts';
import type { Json } from '../domain/outcome/outcome.ts';
import { canonicalJson } from '../domain/request/canonical-json.ts';
import { pickSharing, type Sharing } from '../domain/sharing.ts';
import type { SpecFacts } from './facts.ts';
import {
  policyProblems,
  resolveDataset,
  resolveOutput,
  resolveRollout,
  resolveRoute,
  resolveWebhook,
} from './parts.ts';
import { normalFolder, normalPath } from './path.ts';
import type { Problem } from './problem.ts';
import { answerSchema, requestBody } from './request.ts';
import type { JobFields } from './schema.ts';

/** The fields that say how a job runs. Only given ones are present. */
export interface JobChanges extends Sharing {
  readonly budgetUsd?: number;
  readonly slaMs?: number;
  readonly outputFormat?: ResultFormat;
  readonly webhook?: JobSpec['webhook'];
  readonly concurrency?: number;
  readonly realtime?: Partial<JobSpec['realtime']>;
  readonly poll?: Partial<JobSpec['poll']>;
  readonly retry?: Partial<JobSpec['retry']>;
  readonly deadline?: Partial<JobSpec['deadline']>;
  readonly fallback?: Partial<JobSpec['fallback']>;
  readonly keep?: Partial<JobSpec['keep']>;
}

export type TakenOver =
  | { readonly kind: 'job'; readonly spec: JobSpec }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

export function splitChanges(fields: JobFields): { readonly changes: JobChanges; readonly same: JobFields } {
  const { budget, realtime, poll, retry, deadline, fallback, keep, resumeFrom, output, $schema, ...further } = fields;
  const strict = budget?.strict === undefined ? {} : { budget };
  const { tenant, feature, priority, sla, webhook, ...others } = further;
  const { concurrency, ...batch } = others.batch ?? {};
  const changes = {
    ...pickSharing(fields),
    budgetUsd: budget?.usd,
    slaMs: sla,
    ...resolveWebhook(webhook),
    outputFormat: typeof output === 'object' ? output.format : undefined,
    concurrency,
    realtime: realtime && given(realtime),
    poll: poll && given({ initialMs: poll.initial, factor: poll.factor, maxMs: poll.max }),
    retry: retry && given({ rounds: retry.rounds, backoffMs: retry.backoff, flawed: retry.flawed }),
    // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, never a function.
    deadline: deadline && given({ batchMs: deadline.batch, jobMs: deadline.job, then: deadline.then }),
    fallback: fallback && given(fallback),
    keep: keep && given(keep),
  };
  return { changes: given(changes), same: { ...others, batch, ...strict } };
}

export function resumeProblems({ resumeFrom, output }: JobFields): Problem[] {
  if (resumeFrom === undefined || output === undefined || resolveOutput(output) === normalFolder(resumeFrom)) return [];
  return [{ where: 'output', message: 'differs from `resumeFrom`, where the job continues; leave it out' }];
}

/** Returns the old job with the changes, or a problem for each other field that differs from the old job. */
export function takeOver(old: JobSpec, changes: JobChanges, same: JobFields, facts: SpecFacts): TakenOver {
  const spec = changed(old, changes);
  const problems = [...differences(old, same, facts), ...policyProblems(spec)];
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'job', spec };
}

function changed(old: JobSpec, changes: JobChanges): JobSpec {
  return {
    ...old,
    budgetUsd: changes.budgetUsd ?? old.budgetUsd,
    ...(changes.slaMs === undefined ? {} : { slaMs: changes.slaMs }),
    ...(changes.webhook === undefined ? {} : { webhook: changes.webhook }),
    ...(changes.outputFormat === undefined ? {} : { outputFormat: changes.outputFormat }),
    ...pickSharing(changes),
    batch: { ...old.batch, concurrency: changes.concurrency ?? old.batch.concurrency },
    realtime: { ...old.realtime, ...changes.realtime },
    poll: { ...old.poll, ...changes.poll },
    retry: { ...old.retry, ...changes.retry },
    deadline: { ...old.deadline, ...changes.deadline },
    fallback: { ...old.fallback, ...changes.fallback },
    keep: { ...old.keep, ...changes.keep },
  };
}

function differences(old: JobSpec, same: JobFields, facts: SpecFacts): Problem[] {
  const asked = {
    ...same,
    provider: same.provider ?? old.provider,
    account: old.account,
    model: same.model ?? old.model ?? undefined,
  };
  const limits = facts.providers[old.provider]?.limits;
  const requestGiven = same.request !== undefined || same.prompt !== undefined;
  const compared: readonly (readonly [string, Json | undefined, Json])[] = [
    ['dataset', same.dataset && asJson(resolveDataset(same.dataset)), asJson(old.dataset)],
    ['provider', same.provider, old.provider],
    ['account', same.account, old.account ?? defaultAccount],
    ['model', same.model, old.model],
    ['endpoint', same.endpoint, old.endpoint],
    [same.prompt ? 'prompt' : 'request', requestGiven ? requestBody(asked, facts) : undefined, old.request],
    ['schema', answerSchema(same) ?? undefined, old.schema],
    ['batch.maxItems', clamped(same.batch?.maxItems, limits?.itemsMax, limits?.itemsMin), old.batch.maxItems],
    ['batch.maxBytes', clamped(same.batch?.maxBytes, limits?.bytesMax), old.batch.maxBytes],
    ['batch.inputsPerRequest', same.batch?.inputsPerRequest, old.batch.inputsPerRequest ?? 1],
    ['minBatchItems', clamped(same.minBatchItems, undefined, limits?.itemsMin), old.minBatchItems],
    ['mode', same.mode, old.mode],
    ['route', same.route && routeAsJson(resolveRoute(same.route)), routeAsJson(old)],
    ['maxRejectRate', same.maxRejectRate, old.maxRejectRate],
    ['rollout', same.rollout && rolloutAsJson(resolveRollout(same.rollout)), rolloutAsJson(old)],
    ['budget.strict', same.budget?.strict, old.strictBudget === true],
    ['reuse', same.reuse === undefined ? undefined : normalPath(same.reuse), old.reuse],
  ];
  return compared.flatMap(([where, now, before]) =>
    now === undefined || canonicalJson(now) === canonicalJson(before) ? [] : [{ where, message: isFixed }],
  );
}

const asJson = ({ uri, files, ...others }: JobSpec['dataset']): Json => ({
  ...others,
  ...(files === undefined ? {} : { files: [...files] }),
  uri: typeof uri === 'string' ? uri : [...uri],
});

const rolloutAsJson = ({ rollout }: Pick<JobSpec, 'rollout'>): Json =>
  rollout === undefined ? null : { ...rollout, steps: [...rollout.steps] };

const routeAsJson = ({ route }: Pick<JobSpec, 'route'>): Json => (route === undefined ? null : { ...route });

const isFixed =
  'differs from the job that is resumed, whose plan is made; leave it out, or start a job of its own with `reuse`';

function clamped(value: number | undefined, most = Number.POSITIVE_INFINITY, least = 0): number | undefined {
  return value === undefined ? undefined : Math.max(least, Math.min(value, most));
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(fields: T): Given<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<T>; // Checked by the filter.
}
