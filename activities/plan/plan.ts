// Plans a job's first wave in one pass over the dataset. All batches are written before any money is spent.

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { type DatasetUri, describeUri } from '../../domain/dataset.ts';
import type { JobRef } from '../../domain/ids.ts';
import type { JobFile, PlanSummary } from '../../domain/job.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { giveUpClaim } from '../../job-folder/claim.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { readSummary } from '../../job-folder/plan/manifest.ts';
import { computeFingerprint } from '../../storage/formats/dataset.ts';
import { isMissing } from '../../storage/store.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { type RenderOptions, renderChunks } from './chunks/render-chunks.ts';
import { openPass, type Pass, type PassOptions, rowsPerPart } from './pass.ts';

export type PlanDeps = Pick<ActivityDeps, 'store' | 'provider' | 'threads' | 'heavy' | 'timing'>;

/** May run again at any time: keeps an existing plan, resumes an unfinished one, and repeats a refusal. */
export async function plan(deps: PlanDeps, ref: JobRef, partRows = rowsPerPart): Promise<PlanSummary> {
  const { output } = ref;
  const job = await readJobFile(deps.store, ref);
  const found = await readSummary(deps.store, output, 1);
  if (found !== null) return found;
  if (job.refused !== undefined) throw new JobRefused(job.refused.kind, job.refused.problems);
  const signal = cancellationSignal();
  const progress = { rows: 0, bytes: 0, batches: 0 };
  const beat = setInterval(() => heartbeat(progress), deps.timing.heartbeatMs / 3);
  try {
    return await deps.heavy(() => planAll(deps, { job, output, signal, partRows }, progress));
  } catch (error) {
    if (error instanceof JobRefused) await giveUpClaim(deps.store, output, job.claim, error);
    throw error;
  } finally {
    clearInterval(beat);
  }
}

interface Progress {
  rows: number;
  bytes: number;
  batches: number;
}

type PlanInput = Pick<PassOptions, 'job' | 'output' | 'signal' | 'partRows'>;

async function planAll(deps: PlanDeps, input: PlanInput, progress: Progress): Promise<PlanSummary> {
  const { job, signal } = input;
  await checkFingerprint(deps, job, signal);
  const provider = requireProvider(deps, job);
  const pass = await openPass({ ...input, store: deps.store, provider });
  try {
    await takeAll(deps, { job, signal, dialect: provider.dialect }, pass, progress);
    await checkFingerprint(deps, job, signal);
    return await pass.finish();
  } catch (error) {
    await pass.abort();
    throw error;
  }
}

async function takeAll(
  { store, threads }: PlanDeps,
  { job, signal, dialect }: Pick<RenderOptions, 'job' | 'signal' | 'dialect'>,
  pass: Pass,
  progress: Progress,
): Promise<void> {
  for await (const chunk of renderChunks({ store, threads, job, dialect, from: pass.position, signal })) {
    signal.throwIfAborted();
    await pass.take(chunk);
    const { row, byte } = pass.position;
    Object.assign(progress, { rows: row, bytes: byte, batches: pass.batches });
  }
}

async function checkFingerprint({ store }: PlanDeps, job: JobFile, signal: AbortSignal): Promise<void> {
  const { uri } = job.spec.dataset;
  if ((await currentFingerprint(store, uri, signal)) === job.fingerprint) return;
  throw new JobRefused('dataset_changed', [
    { where: 'dataset', message: `${describeUri(uri)} changed after the job began: start a new one` },
  ]);
}

/** Null if the dataset is gone. */
async function currentFingerprint(
  store: PlanDeps['store'],
  uri: DatasetUri,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    return await computeFingerprint(store, uri, signal);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
