// What workflows tell each other about batches while they run: small, bounded, and safe to repeat.

import { type Lane, sumCounts } from '../outcome/outcome.ts';

/** Trouble that only a person can end; the batch waits until the job is resumed. */
export type Trouble = 'unauthorized' | 'forbidden' | 'no_money';

export type BatchState =
  | 'waiting'
  | 'staging'
  | 'creating'
  | 'validating'
  | 'running'
  | 'finalizing'
  | 'cancelling'
  | 'collecting'
  | 'done';

/** A batch's news for whoever coordinates it. */
export interface BatchNews {
  readonly wave: number;
  readonly batch: number;
  readonly stage: BatchState;
  readonly batchId: string | null;
  readonly done: number;
  readonly failed: number;
  /** When the provider made the batch. */
  readonly createdAt?: number;
  readonly trouble?: Trouble;
}

/** One line of the coordination table. */
export interface BatchEntry {
  readonly wave: number;
  readonly batch: number;
  readonly lane: Lane;
  readonly model: string;
  readonly items: number;
  stage: BatchState;
  /** When the coordinator heard of this stage. */
  since: number;
  createdAt: number | null;
  batchId: string | null;
  done: number;
  failed: number;
  trouble: Trouble | null;
}

/** How many batches there are in each stage. */
export type BatchStateCounts = Readonly<Partial<Record<BatchState, number>>>;

export function addBatchStates(a: BatchStateCounts, b: BatchStateCounts): BatchStateCounts {
  const sum: Partial<Record<BatchState, number>> = { ...a };
  for (const [stage, count] of Object.entries(b) as [BatchState, number][]) sum[stage] = (sum[stage] ?? 0) + count;
  return sum;
}

export const countOpen = ({ done: _, ...open }: BatchStateCounts): number => sumCounts(open);
