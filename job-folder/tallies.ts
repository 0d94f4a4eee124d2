// Reads the tallies of batches, and writes and reads the roll-ups that sum up many of them in one file.

import type { BatchRef } from '../domain/ids.ts';
import type { PlanPosition } from '../domain/job.ts';
import type { Tally } from '../domain/outcome/outcome.ts';
import { addTally, addTotals, noTotals, type Totals } from '../domain/waves/totals.ts';
import { writeJson } from '../storage/lines/json-lines.ts';
import type { Store } from '../storage/store.ts';
import { readOwnIfThere } from './job-file.ts';
import { intentFile, journalFile, rawFile, rollUpFile, tallyFile } from './paths.ts';
import { readHandle } from './submission.ts';

/** Files that are read side by side. */
const readsAtOnce = 16;

/** `roll-up-NNNN.json`: the sums of `count` batches, beginning with the one in its name. */
interface RollUp {
  readonly count: number;
  readonly totals: Totals;
  /** Where the batches after them begin in the manifest; null after the wave's last batch. */
  readonly next: PlanPosition | null;
}

/** Null if the batch is not settled. */
export const readTally = (store: Store, ref: BatchRef): Promise<Tally | null> =>
  readOwnIfThere<Tally>(store, tallyFile(ref));

/** In the order of the refs. */
export async function readTallies(store: Store, refs: readonly BatchRef[]): Promise<(Tally | null)[]> {
  const tallies: (Tally | null)[] = [];
  for (let at = 0; at < refs.length; at += readsAtOnce) {
    const some = refs.slice(at, at + readsAtOnce);
    tallies.push(...(await Promise.all(some.map((ref) => readTally(store, ref)))));
  }
  return tallies;
}

/** Files of a batch without a tally that may have been sent. */
export interface Sent {
  /** Null if not known, or in the realtime lane. */
  readonly batchId: string | null;
}

/** Null if nothing on disk shows that the batch may have been sent. */
export async function findSent(store: Store, ref: BatchRef): Promise<Sent | null> {
  const record = await readHandle(store, ref);
  if (record !== null) return { batchId: record.handle.id };
  // Journals are numbered without a gap. Those of earlier versions were in the raw file.
  const proofs = [intentFile(ref), journalFile(ref, 1), rawFile(ref)];
  const found = await Promise.all(proofs.map((uri) => store.head(uri)));
  return found.some((file) => file !== null) ? { batchId: null } : null;
}

/** Each of the batches must have its tally, which never changes. So an existing roll-up stays true. */
export async function writeRollUp(
  store: Store,
  output: string,
  wave: number,
  from: number,
  rollUp: RollUp,
): Promise<void> {
  await writeJson(store, rollUpFile(output, wave, from), rollUp);
}

/** Null if no roll-up begins with that batch. */
export const readRollUp = (store: Store, output: string, wave: number, from: number): Promise<RollUp | null> =>
  readOwnIfThere<RollUp>(store, rollUpFile(output, wave, from));

/** The sums of a wave of so many batches. It reads single tallies only where no roll-up begins. */
export async function sumTallies(store: Store, output: string, wave: number, batches: number): Promise<Totals> {
  let totals = noTotals;
  for (let batch = 1; batch <= batches; ) {
    const rollUp = await readRollUp(store, output, wave, batch);
    if (rollUp !== null) {
      totals = addTotals(totals, rollUp.totals);
      batch += rollUp.count;
      continue;
    }
    const tally = await readTally(store, { output, wave, batch });
    if (tally !== null) totals = addTally(totals, tally);
    batch += 1;
  }
  return totals;
}
