// Reads a part of a wave from disk: the batches that are not settled, and the outcomes of the others.

import type { JobRef } from '../../domain/ids.ts';
import type { PlannedBatch, PlanPosition } from '../../domain/job.ts';
import { chargedUsd } from '../../domain/money/budget.ts';
import { readUnpriced } from '../../domain/money/unpriced.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { addTally, noTotals, type Totals } from '../../domain/waves/totals.ts';
import { plannedBatch, readPage } from '../../job-folder/plan/manifest.ts';
import { readTallies, writeRollUp } from '../../job-folder/tallies.ts';
import type { ActivityDeps } from '../deps.ts';

export interface WavePartRef extends JobRef {
  readonly wave: number;
  readonly at: PlanPosition;
  /** The most batches. */
  readonly count: number;
}

/** A batch without a tally, and the place of its line in the manifest. */
export interface UnsettledBatch extends PlannedBatch {
  readonly byte: number;
}

export interface SettledBatch
  extends Pick<Tally, 'batch' | 'lane' | 'model' | 'items' | 'answered' | 'batchId'>,
    Pick<PlannedBatch, 'fallback'> {
  /** The amount charged to a budget. */
  readonly chargedUsd: number | null;
}

export interface WavePart {
  readonly open: readonly UnsettledBatch[];
  readonly settled: readonly SettledBatch[];
  /** Sums of the settled batches. */
  readonly totals: Totals;
  /** Where the next part begins; null after the wave's last batch. */
  readonly next: PlanPosition | null;
}

/** If all batches of a part are settled, the part is rolled up into one file, so that nobody has to read its tallies again to sum the wave up. */
export async function readPart(
  { store }: Pick<ActivityDeps, 'store'>,
  { output, wave, at, count }: WavePartRef,
): Promise<WavePart> {
  const { entries, next } = await readPage(store, output, wave, at, count);
  const tallies = await readTallies(
    store,
    entries.map(({ batch }) => ({ output, wave, batch })),
  );
  const open: UnsettledBatch[] = [];
  const settled: SettledBatch[] = [];
  let totals = noTotals;
  for (const [index, entry] of entries.entries()) {
    const tally = tallies[index] ?? null;
    if (tally === null) {
      open.push({ ...plannedBatch(entry), byte: entry.byte });
    } else {
      const priced = { ...tally, unpriced: readUnpriced(tally, entry.estimate.usd) };
      totals = addTally(totals, priced);
      settled.push(describeSettled(priced, entry));
    }
  }
  if (open.length === 0) await writeRollUp(store, output, wave, at.batch, { count: entries.length, totals, next });
  return { open, settled, totals, next };
}

function describeSettled(tally: Tally, { estimate, fallback }: PlannedBatch): SettledBatch {
  const { batch, lane, model, items, answered, batchId } = tally;
  const settled = { batch, lane, model, items, answered, batchId, chargedUsd: chargedUsd(tally, estimate.usd) };
  return fallback === undefined ? settled : { ...settled, fallback };
}
