// The status of a job: the answer to the `status` query.

import type { Load, NamedLimit } from '../capacity/window.ts';
import type { RowCounts, WaveKind } from '../job.ts';
import type { Counts } from '../outcome/outcome.ts';
import { type BatchStateCounts, troubles } from './events.ts';

/** The states of a job. */
export const jobPhases = [
  'opening',
  'planning',
  'running',
  'backing_off',
  'paused',
  'cancelling',
  'merging',
  'done',
] as const;
export type JobPhase = (typeof jobPhases)[number];

/**
 * Why a job is paused: a person asked for it, the next batch would pass the budget, the provider refused several batches in a row, or a batch
 * met trouble.
 */
export const pauseReasons = ['person', 'budget', 'refused', ...troubles] as const;
export type PauseReason = (typeof pauseReasons)[number];

export interface Pause {
  readonly reason: PauseReason;
  readonly since: number;
  readonly note: string;
}

export interface CapacityWait {
  readonly model: string;
  /** Batches that the provider had no room for. */
  readonly waiting: number;
  /** What this job uses now. Tokens are this job's own estimate of its requests. */
  readonly inUse: Load;
  /** What the provider last had room for. */
  readonly fitting: Load | null;
  /** The limit that the provider named; null if it named none. */
  readonly named: NamedLimit | null;
}

export interface JobStatus {
  readonly phase: JobPhase;
  /** The first of `pauses`; null if there is none. */
  readonly pause: Pause | null;
  /** Every reason that holds the job or one of its batches, in the order in which they came. */
  readonly pauses: readonly Pause[];
  readonly wave: number;
  readonly waveKind: WaveKind;
  readonly rows: Omit<RowCounts, 'rows'>;
  readonly items: {
    readonly answered: number;
    readonly underWay: number;
    readonly failed: number;
    readonly byReason: Counts;
  };
  readonly batches: {
    readonly planned: number;
    readonly open: number;
    readonly done: number;
    readonly byStage: BatchStateCounts;
  };
  /** By model, what waits for the provider to have room; empty if nothing does. */
  readonly capacity: readonly CapacityWait[];
  readonly tokens: { readonly input: number; readonly output: number };
  /** Over the items whose cost is known. */
  readonly costUsd: number | null;
  /** Attempts whose cost is not known. Absent in the status of a job whose worker is older. */
  readonly unpriced?: number;
  readonly estimateUsd: number | null;
  readonly budgetUsd: number | null;
  readonly startedAt: number;
  readonly estimatedEndAt: number | null;
  /** About when the next poll is due. */
  readonly nextLookAt: number | null;
  readonly alerts: readonly string[];
  readonly output: string;
}

/** Extrapolates the progress so far; null as long as there is none. */
export function estimateEnd(startedAt: number, now: number, done: number, total: number): number | null {
  if (done === 0 || total === 0 || done >= total) return null;
  return Math.round(now + ((now - startedAt) * (total - done)) / done);
}
