// Estimates what a job would cost: sums up a plan made for the estimate, then deletes the plan. Sends nothing.

import { log } from '@temporalio/activity';
import type { JobRef } from '../../domain/ids.ts';
import type { JobFile } from '../../domain/job.ts';
import type { OutputLimit } from '../../domain/money/output-limit.ts';
import { chooseMode, type ModeFacts } from '../../domain/plan/choose-mode.ts';
import { EstimateSums, type JobEstimate, listCaveats } from '../../domain/plan/estimate.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { readJobFile, requireClaim } from '../../job-folder/job-file.ts';
import { jobFile } from '../../job-folder/paths.ts';
import { plannedBatch, readEntries, readSummary } from '../../job-folder/plan/manifest.ts';
import type { Provider } from '../../providers/provider.ts';
import { findOutputMax, readTemplateLimit } from '../../threads/tasks/output-tokens.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';

export async function estimate(deps: ActivityDeps, ref: JobRef): Promise<JobEstimate> {
  const { output } = ref;
  const job = await readJobFile(deps.store, ref);
  const summary = await readSummary(deps.store, output, 1);
  if (summary?.rows === undefined) throw new InvariantBroken('there is no plan to read the estimate from');
  const { rows, tokenRatios: ratios = [] } = summary;
  const sums = new EstimateSums(ratios);
  for (let wave = 1; wave <= (summary.whole?.waves ?? 1); wave += 1) {
    for await (const entry of readEntries(deps.store, output, wave)) sums.add(plannedBatch(entry), job.prices);
  }
  const { spec, pricesDated } = job;
  const provider = requireProvider(deps, job);
  const limit = readTemplateLimit(job, provider);
  const modelMax = spec.model === null ? null : (findOutputMax(spec.model, job.prices) ?? null);
  const { batches, items, realtimeBatches, inputTokens, expectedTokens, outputTokens, usd, mostUsd, realtimeUsd } =
    sums;
  return {
    rows,
    batches,
    items,
    realtimeBatches,
    inputTokens,
    expectedTokens,
    outputTokens,
    usd,
    mostUsd,
    realtimeUsd,
    pricesDated,
    budgetUsd: spec.budgetUsd,
    choice: chooseMode(collectModeFacts(job, provider, sums, limit)),
    caveats: listCaveats({ spec, rows, sums, ratios, limit, modelMax }),
  };
}

function collectModeFacts(
  { spec, timing }: Pick<JobFile, 'spec' | 'timing'>,
  { lanes }: Pick<Provider, 'lanes'>,
  { items, inputTokens, outputTokens, batchUsd, realtimeUsd }: EstimateSums,
  limit: OutputLimit | null,
): ModeFacts {
  const countedOutput = limit?.tokens === 'unlimited' ? 0 : (outputTokens ?? 0);
  return {
    items,
    callTokens: inputTokens + countedOutput,
    realtime: spec.realtime,
    hasBatches: lanes.includes('batch'),
    itemsMin: spec.fallback.lane === 'realtime' ? spec.minBatchItems : 0,
    wantedMs: spec.deadline.jobMs,
    windowMs: timing.providerWindowMs,
    batchUsd,
    realtimeUsd,
  };
}

/** Deletes what was written for an estimate. An earlier attempt may have deleted `job.json` before other files. */
export async function discard({ store }: ActivityDeps, ref: JobRef): Promise<void> {
  if ((await store.head(jobFile(ref.output))) !== null) await requireClaim(store, ref);
  await store.clear(ref.output);
  log.debug('an estimate was deleted');
}
