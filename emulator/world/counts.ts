// The figures tests assert on: calls, batches by state, and what was billed, once or more often.
import { toStatus } from '../anthropic/batch-object.ts';
import { type Batch, computePhase } from './batch.ts';
import type { Journal } from './journal.ts';
import type { LaneCounts } from './ledger.ts';
import { settle } from './settle.ts';
import type { World } from './world.ts';

export type Counts = LaneCounts & {
  requests: Record<string, number>;
  batchesCreated: number;
  batchesByState: Record<string, number>;
  /** Billed items without a line in the results, and those whose line does not say whose it is. */
  billedWithoutLine: number;
  billedWithoutId: number;
  /** Batches of other people that were cancelled, by id. */
  foreignCancelled: string[];
  sync: LaneCounts;
  /** Bodies billed in both lanes. */
  acrossLanes: string[];
};

/** Top-level executed, billed and billedTwice are those of the batch lane. */
export async function takeCounts(world: World, journal: Journal): Promise<Counts> {
  await settle(world);
  const batchesByState: Record<string, number> = {};
  for (const batch of world.batches.values()) {
    const state = describeState(world, batch);
    batchesByState[state] = (batchesByState[state] ?? 0) + 1;
  }
  return {
    requests: journal.counts(),
    batchesCreated: world.batches.size,
    batchesByState,
    billedWithoutLine: sum(world, (batch) => batch.billedWithoutLine),
    billedWithoutId: sum(world, (batch) => batch.billedWithoutId),
    foreignCancelled: [...world.foreignCancels.keys()],
    ...world.ledger.counts('batch'),
    sync: world.ledger.counts('sync'),
    acrossLanes: world.ledger.acrossLanes(),
  };
}

function sum(world: World, read: (batch: Batch) => number): number {
  return [...world.batches.values()].reduce((total, batch) => total + read(batch), 0);
}

function describeState(world: World, batch: Batch): string {
  const phase = computePhase(batch, world.options.current, world.settledAtMs);
  return batch.vendor === 'openai' ? phase : toStatus(phase);
}
