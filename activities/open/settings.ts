// The settings that a job's workflow runs by: a small part of `job.json`, and the waves that are planned already.

import type { JobFile, JobSettings, WaveKind } from '../../domain/job.ts';
import { batchesPerSegment, historyEventsMax } from '../../domain/limits.ts';
import { readSummary } from '../../job-folder/plan/manifest.ts';
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
    dataset: spec.dataset.uri,
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

/** Waves that an earlier run of the job, or an earlier owner of its output, planned: they are run as they are. */
async function listPlannedWaves(store: Store, output: string): Promise<WaveKind[]> {
  const planned: WaveKind[] = [];
  for (;;) {
    const summary = await readSummary(store, output, planned.length + 1);
    if (summary === null) return planned;
    planned.push(summary.kind ?? 'first');
  }
}
