// What workflows tell each other about batches while they run: small, bounded, and safe to repeat.

import { countOf, type Lane } from '../outcome/outcome.ts';

/** Trouble that only a person can end; the batch waits until the job is resumed. */
export type Trouble = 'unauthorized' | 'forbidden' | 'no_money';

export type BatchStage =
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
  readonly stage: BatchStage;
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
  stage: BatchStage;
  /** When the coordinator heard of this stage. */
  since: number;
  createdAt: number | null;
  batchId: string | null;
  done: number;
  failed: number;
  trouble: Trouble | null;
}

/** How many batches there are in each stage. */
export type StageCounts = Readonly<Partial<Record<BatchStage, number>>>;

export function addStages(a: StageCounts, b: StageCounts): StageCounts {
  const sum: Partial<Record<BatchStage, number>> = { ...a };
  for (const [stage, count] of Object.entries(b) as [BatchStage, number][]) sum[stage] = (sum[stage] ?? 0) + count;
  return sum;
}

export const openOf = ({ done: _, ...open }: StageCounts): number => countOf(open);
