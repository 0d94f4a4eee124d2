// The settings of a job's workflow: a small part of `job.json`, and the waves that are already planned.

import { describeUri } from '../../domain/dataset.ts';
import type { JobFile, JobSettings } from '../../domain/job.ts';
import { batchesPerSegment, historyEventsMax } from '../../domain/limits.ts';
import { listPlannedWaves } from '../../job-folder/plan/manifest.ts';
import type { Store } from '../../storage/store.ts';

export async function resolveSettings(
  store: Store,
  { claim, spec, policy, timing, proofs }: JobFile,
  startedAt: number,
  searchAttributes: readonly string[],
): Promise<JobSettings> {
  return {
    output: spec.output,
    nonce: claim.nonce,
    provider: spec.provider,
    model: spec.model,
    dataset: describeUri(spec.dataset.uri),
    startedAt,
    mode: spec.mode,
    concurrency: spec.batch.concurrency,
    poll: spec.poll,
    retry: spec.retry,
    deadline: spec.deadline,
    fallback: spec.fallback,
    budgetUsd: spec.budgetUsd,
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
