// Writes the answers of a chunk for those who read them while the batch runs. The journals have them already, so nothing is paid again if this is
// repeated.

import { log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { JobFile, PlannedBatch } from '../../domain/job.ts';
import { JobRefused } from '../../domain/refusal.ts';
import type { EarlierJournal } from '../../job-folder/journals.ts';
import { chunkFile } from '../../job-folder/paths.ts';
import { StoreError } from '../../storage/store.ts';
import { readPartIndex } from '../collect/item-index.ts';
import { type JudgeDeps, Judgement } from '../collect/judgement.ts';
import type { CallRange } from './calls.ts';

/** The journals that have nothing of the chunk: those after the first number, up to the second. */
export type SkippedJournals = readonly [after: number, to: number];

export interface ChunkInput extends CallRange, Pick<PlannedBatch, 'model' | 'endpoint'> {
  readonly journals: readonly EarlierJournal[];
  readonly skipped: SkippedJournals | null;
}

/**
 * Call it when each item of the chunk is settled. Fails if the store does, so that it is tried again, and if the folder was taken over. False if
 * anything else is in the way: readers then get the answers with the batch, and the chunk is not held up.
 */
export async function writeChunk(
  deps: JudgeDeps,
  job: JobFile,
  input: ChunkInput,
  stop: AbortSignal,
): Promise<boolean> {
  try {
    if ((await deps.store.head(chunkFile(input, input.from + 1))) === null) await judgeChunk(deps, job, input);
    return true;
  } catch (error) {
    const mustFail =
      error instanceof StoreError || error instanceof JobRefused || error instanceof ApplicationFailure || stop.aborted;
    if (mustFail) throw error;
    // The name only: a message may quote what a provider sent.
    log.warn('the answers of a chunk come with its batch', { error: error instanceof Error ? error.name : 'unknown' });
    return false;
  }
}

async function judgeChunk(deps: JudgeDeps, job: JobFile, input: ChunkInput): Promise<void> {
  const { output, model, endpoint, count, journals, skipped } = input;
  const planned = { lane: 'realtime', model, endpoint, items: count } as const;
  const items = await readPartIndex(deps.store, input, input);
  const judged = { output, planned, batchId: null, cancelReason: 'cancelled' } as const;
  const judgement = new Judgement(deps, job, judged, items);
  try {
    const read: [number, number][] = [];
    for (const { uri, number } of journals) {
      if (skipped !== null && number > skipped[0] && number <= skipped[1]) continue;
      read.push([number, await judgement.lines.readJournal(deps.store, uri)]);
    }
    await judgement.writeChunk(input, input, read);
  } finally {
    judgement.close();
  }
}
