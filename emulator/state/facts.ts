// The facts that the emulator keeps on disk: what a client was told, or soon will be. All else follows from them and the clock.
import type { Options } from '../faults/options.ts';
import type { Vendor } from '../server/routes.ts';
import type { Batch, BatchProblem } from '../world/batch.ts';
import type { Moment } from '../world/timeline.ts';

export interface FileFact {
  kind: 'file';
  id: string;
  tenant: string;
  filename: string;
  purpose: string;
  unversioned?: boolean;
  bare?: boolean;
  bytes: number;
  createdAtMs: number;
  expiresAtMs: number;
}

export interface BatchFact
  extends Pick<
    Batch,
    'id' | 'tenant' | 'ordinal' | 'endpoint' | 'inputFileId' | 'metadata' | 'resultsTtlMs' | 'createdAtMs'
  > {
  kind: 'batch';
  vendor: Vendor;
  /** The name of the file with the requests, in the data folder. */
  input: string;
  options: Options;
}

export interface EndFact extends Pick<Batch, 'id' | 'executed' | 'outputFileId' | 'errorFileId'> {
  kind: 'ended';
  final: Moment;
  problems: BatchProblem[];
  /** The outcomes of the items in their order: an outcome, and how many items in a row have it. */
  outcomes: [outcome: number, items: number][];
}

export type Fact =
  | FileFact
  | BatchFact
  | EndFact
  | { kind: 'file_deleted'; id: string }
  | { kind: 'validated'; id: string; atMs: number }
  | { kind: 'cancel'; id: string; atMs: number }
  | { kind: 'batch_deleted'; id: string }
  /** A request that was sent alone and executed. */
  | { kind: 'single'; atMs: number; body: string; outcome: number; withoutUsage: boolean }
  /** How far a person has put the clock ahead. */
  | { kind: 'clock'; aheadMs: number };

/** Where facts go as they become true. */
export interface FactLog {
  /** Returns when the fact is in the file: a killed emulator does not lose it. */
  record(fact: Fact): void;
  clear(): void;
  close(): void;
}

/** For an emulator that keeps nothing. */
export const noFacts: FactLog = { record: () => undefined, clear: () => undefined, close: () => undefined };

export function packOutcomes(outcomes: Uint8Array): EndFact['outcomes'] {
  const runs: EndFact['outcomes'] = [];
  for (const outcome of outcomes) {
    const last = runs.at(-1);
    if (last?.[0] === outcome) last[1] += 1;
    else runs.push([outcome, 1]);
  }
  return runs;
}

export function unpackOutcomes(runs: EndFact['outcomes']): Uint8Array {
  const outcomes = new Uint8Array(runs.reduce((sum, [, items]) => sum + items, 0));
  let at = 0;
  for (const [outcome, items] of runs) {
    outcomes.fill(outcome, at, at + items);
    at += items;
  }
  return outcomes;
}
