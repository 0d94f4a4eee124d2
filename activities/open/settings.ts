// The settings of a job's workflow: a small part of `job.json`, and the waves that are already planned.

import { describeUri } from '../../domain/dataset.ts';
import { defaultAccount, type JobFile, type JobSettings } from '../../domain/job.ts';
import { batchesPerSegment, historyEventsMax } from '../../domain/limits.ts';
import { pickSharing, toTaskPriority } from '../../domain/sharing.ts';
import { listPlannedWaves } from '../../job-folder/plan/manifest.ts';
import type { ActivityDeps } from '../deps.ts';

export async function resolveSettings(
  { store, tenants, admission }: Pick<ActivityDeps, 'store' | 'tenants' | 'admission'>,
  { claim, spec, policy, timing, proofs }: JobFile,
  startedAt: number,
  searchAttributes: readonly string[],
): Promise<JobSettings> {
  return {
    output: spec.output,
    nonce: claim.nonce,
    provider: spec.provider,
    account: spec.account ?? defaultAccount,
    priority: toTaskPriority(spec, tenants[spec.tenant ?? '']?.weight),
    ...(admission === null ? {} : { dispatch: pickSharing(spec) }),
    model: spec.model,
    dataset: describeUri(spec.dataset.uri),
    startedAt,
    mode: spec.mode,
    concurrency: spec.batch.concurrency,
    poll: spec.poll,
    retry: spec.retry,
    deadline: spec.deadline,
    ...(spec.slaMs === undefined ? {} : { slaMs: spec.slaMs }),
    fallback: spec.fallback,
    budgetUsd: spec.budgetUsd,
    ...(spec.rollout === undefined ? {} : { rollout: spec.rollout }),
    ...(spec.webhook === undefined ? {} : { webhook: spec.webhook }),
    policy,
    timing,
    proofs,
    keepProviderFiles: spec.keep.providerFiles,
    batchesPerSegment,
    historyEventsMax,
    planned: await listPlannedWaves(store, spec.output),
    searchAttributes,
  };
}
