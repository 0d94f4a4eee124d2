// The figures for assertions of tests: calls, batches by state, billing (once or more often), and the outcome of each item.

import { type Outcome, outcomes } from '../answers/outcome.ts';
import { toStatus } from '../anthropic/batch-object.ts';
import type { Rate } from '../limits/rates.ts';
import { type Batch, computePhase, readShownId } from './batch.ts';
import { hex16 } from './hash.ts';
import type { Journal } from './journal.ts';
import type { BilledBody, LaneCounts } from './ledger.ts';
import { settle } from './settle.ts';
import type { World } from './world.ts';

export type Counts = LaneCounts & {
  requests: Record<string, number>;
  /** Of these, the calls in an outage. */
  outage: Record<string, number>;
  batchesCreated: number;
  batchesByState: Record<string, number>;
  /** Billed items without a line in the results, and those whose line does not say whose it is. */
  billedWithoutLine: number;
  billedWithoutId: number;
  /** Batches of other people that were cancelled, by id. */
  foreignCancelled: string[];
  sync: LaneCounts;
  /** How fast the models were called alone, by account and model. */
  rates: Rate[];
  /** Bodies billed in both lanes. */
  acrossLanes: string[];
};

export type OutcomeName = keyof typeof outcomes;

export interface BatchItems {
  id: string;
  state: string;
  createdAtMs: number;
  /** Null if nobody cancelled the batch. */
  cancelRequestedAtMs: number | null;
  items: { customId: string; body: string; outcome: OutcomeName }[];
}

export interface ItemFates {
  /** In the order in which they were created. */
  batches: BatchItems[];
  /** The billing of single calls. */
  sync: BilledBody[];
}

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
    outage: Object.fromEntries(world.outageCalls),
    batchesCreated: world.batches.size,
    batchesByState,
    billedWithoutLine: sum(world, (batch) => batch.billedWithoutLine),
    billedWithoutId: sum(world, (batch) => batch.billedWithoutId),
    foreignCancelled: [...world.foreignCancels.keys()],
    ...world.ledger.counts('batch'),
    sync: world.ledger.counts('sync'),
    rates: world.rates.list(),
    acrossLanes: world.ledger.acrossLanes(),
  };
}

function sum(world: World, read: (batch: Batch) => number): number {
  return [...world.batches.values()].reduce((total, batch) => total + read(batch), 0);
}

function describeState(world: World, batch: Batch): string {
  const phase = computePhase(batch, world.options.current, world.settledAtMs);
  return batch.vendor === 'anthropic' ? toStatus(phase) : phase;
}

/** Every item of every batch, and its outcome so far. For small tests. */
export async function listItems(world: World): Promise<ItemFates> {
  await settle(world);
  const batches = [...world.batches.values()].map((batch): BatchItems => {
    const { createdAtMs, cancelRequestedAtMs } = batch;
    return {
      id: readShownId(batch),
      state: describeState(world, batch),
      createdAtMs,
      cancelRequestedAtMs,
      items: listFates(batch),
    };
  });
  return { batches, sync: world.ledger.listBodies('sync') };
}

const outcomeNames = new Map<number, OutcomeName>(
  Object.entries(outcomes).map(([name, outcome]: [string, Outcome]) => [outcome, name as OutcomeName]),
);

function listFates({ scan, outcomes: fates }: Batch): BatchItems['items'] {
  const index = scan?.index;
  if (index === undefined) return [];
  return Array.from({ length: index.length }, (_, at) => ({
    customId: index.customId(at),
    body: hex16(index.bodyHash(at)),
    outcome: outcomeNames.get(fates[at] ?? 0) ?? 'notRun',
  }));
}
