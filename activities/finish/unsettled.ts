// Finds batches that may have been sent and have no tally when the job finishes, so that the job does not leave them behind.

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { type BatchRef, batchWorkflowId, type JobRef } from '../../domain/ids.ts';
import { type JobPosition, jobStart, type PlannedBatch, type PlanPosition, planStart } from '../../domain/job.ts';
import { pageMax } from '../../domain/limits.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { manifestFile } from '../../job-folder/paths.ts';
import { plannedBatch, readPage } from '../../job-folder/plan/manifest.ts';
import { findSent, readRollUp, readTallies } from '../../job-folder/tallies.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { TryAgain } from '../failure.ts';

/** How often Temporal checks again whether the workflows have ended. */
const checkAgainMs = 5_000;

export interface UnsettledInput extends JobRef {
  readonly waves: number;
}

export interface UnsettledPage {
  /** All of them belong to the same wave. */
  readonly wave: number;
  readonly batches: readonly PlannedBatch[];
  /** Null if all plans are read. */
  readonly next: JobPosition | null;
}

/** Waves with a plan. After a reset, an earlier run of the job may have planned and sent more waves than this run knows of. */
export async function countWaves({ store }: Pick<ActivityDeps, 'store'>, { output }: JobRef): Promise<number> {
  for (let waves = 0; ; waves += 1) if ((await store.head(manifestFile(output, waves + 1))) === null) return waves;
}

/**
 * Returns when no workflow of a batch without a tally is open, under this job's id or an earlier owner's: until then, its result is not known.
 * Fails with `TryAgain` before that, and names the first open one.
 */
export async function untilBatchesClosed(
  { store, cluster }: Pick<ActivityDeps, 'store' | 'cluster'>,
  { waves, ...ref }: UnsettledInput,
): Promise<void> {
  const { output } = ref;
  const { claim, takenOver } = await readJobFile(store, ref);
  const owners = new Set([claim, ...takenOver].map(({ workflowId }) => workflowId));
  for (let place: JobPosition | null = jobStart; place !== null; ) {
    const { wave, entries, next } = await readUnsettled(store, output, waves, place);
    for (const { batch } of entries) {
      cancellationSignal().throwIfAborted();
      heartbeat(batch);
      for (const owner of owners) {
        const workflowId = batchWorkflowId(owner, wave, batch);
        if (await cluster.isOpen(workflowId)) throw new TryAgain(`${workflowId} has not ended yet`, checkAgainMs);
      }
    }
    place = next;
  }
}

/** The next batches that may have been sent and have no tally. Reads plans until it has found some, or reached their end. */
export async function listUnsettled(
  { store }: Pick<ActivityDeps, 'store'>,
  { output, waves, from }: UnsettledInput & { readonly from: JobPosition },
): Promise<UnsettledPage> {
  let place: JobPosition | null = from;
  while (place !== null) {
    const { wave, entries, next }: OpenEntries = await readUnsettled(store, output, waves, place);
    const batches: PlannedBatch[] = [];
    for (const entry of entries) {
      cancellationSignal().throwIfAborted();
      heartbeat(entry.batch);
      if ((await findSent(store, { output, wave, batch: entry.batch })) !== null) batches.push(entry);
    }
    if (batches.length > 0) return { wave, batches, next };
    place = next;
  }
  return { wave: waves, batches: [], next: null };
}

interface OpenEntries {
  readonly wave: number;
  readonly entries: readonly PlannedBatch[];
  readonly next: JobPosition | null;
}

/** One page of a plan, without the batches that have a tally. Where a roll-up begins, all of its batches have one. */
async function readUnsettled(
  store: Store,
  output: string,
  waves: number,
  { wave, at }: JobPosition,
): Promise<OpenEntries> {
  const rollUp = await readRollUp(store, output, wave, at.batch);
  if (rollUp !== null) return { wave, entries: [], next: followingPlace(wave, waves, rollUp.next) };
  const { entries, next } = await readPage(store, output, wave, at, pageMax);
  const refs = entries.map(({ batch }): BatchRef => ({ output, wave, batch }));
  const tallies = await readTallies(store, refs);
  const open = entries.filter((_, index) => tallies[index] === null).map(plannedBatch);
  return { wave, entries: open, next: followingPlace(wave, waves, next) };
}

function followingPlace(wave: number, waves: number, next: PlanPosition | null): JobPosition | null {
  if (next !== null) return { wave, at: next };
  return wave < waves ? { wave: wave + 1, at: planStart } : null;
}
