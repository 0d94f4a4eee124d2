// The status of a job: the answer to the `status` query.

import type { Load, NamedLimit } from '../capacity/window.ts';
import type { DeadlinePolicy, RowCounts, WaveKind } from '../job.ts';
import type { Forecast } from '../money/forecast.ts';
import type { Counts, ItemReason } from '../outcome/outcome.ts';
import type { JudgedStep } from '../waves/rollout.ts';
import { type BatchStateCounts, troubles } from './events.ts';
import type { ProviderFault } from './faults.ts';

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
 * Why a job is paused: a person asked for it, the next batch would pass the budget, the provider refused several batches in a row, a step of the
 * rollout did not meet its checks or must be approved, or a batch met trouble.
 */
export const pauseReasons = ['person', 'budget', 'refused', 'rollout', 'approval', ...troubles] as const;
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
  /** Why the dispatcher lets them wait, and their place in its line. Absent: the job itself finds out what fits. */
  readonly reason?: string;
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
    /** Items of batches that are being sent, or that the provider has. */
    readonly underWay: number;
    /** Items that were not sent yet. */
    readonly notStarted: number;
    /** Items without an answer that the next wave may send again. */
    readonly toRetry: number;
    readonly failed: number;
    readonly byReason: Counts;
  };
  readonly batches: {
    readonly planned: number;
    readonly notStarted: number;
    readonly open: number;
    readonly done: number;
    /** Without those that are not started. */
    readonly byStage: BatchStateCounts;
  };
  /** From 0 to 1: the share of the accepted rows that is done, answered or failed. Counts what is done in open batches. */
  readonly progress: number;
  /** By model, what waits for the provider to have room; empty if nothing does. */
  readonly capacity: readonly CapacityWait[];
  readonly tokens: { readonly input: number; readonly output: number };
  /** Over the items whose cost is known. */
  readonly costUsd: number | null;
  /** Attempts whose cost is not known. Absent in the status of a job whose worker is older. */
  readonly unpriced?: number;
  readonly estimateUsd: number | null;
  /** The most that `estimateUsd` may be in truth; null if not known. Absent in the status of a job whose worker is older. */
  readonly mostUsd?: number | null;
  /** By what the ended batches took; null until one has ended, and when none is left. Absent in the status of a job whose worker is older. */
  readonly forecast?: Forecast | null;
  readonly budgetUsd: number | null;
  /** How many batches may be open at the same time; null until the job is open. The same holds for the deadlines. */
  readonly concurrency: number | null;
  readonly deadline: DeadlinePolicy | null;
  /** What `retryFailed` named, until a wave has taken it up; null if it named nothing. */
  readonly retryReasons: readonly ItemReason[] | null;
  /** The last fault of the provider; null if there was none. */
  readonly lastFault: ProviderFault | null;
  readonly startedAt: number;
  readonly estimatedEndAt: number | null;
  /** About when the next poll is due. */
  readonly nextLookAt: number | null;
  readonly alerts: readonly string[];
  readonly output: string;
  /** The last step of the rollout that has ended, and its checks; null without one. Absent in the status of a job whose worker is older. */
  readonly rollout?: JudgedStep | null;
  /** The task queues of the job's account; empty until the job is open. Absent in the status of a job whose worker is older. */
  readonly accountQueues?: readonly string[];
}

/** Extrapolates the progress so far; null as long as there is none. */
export function estimateEnd(startedAt: number, now: number, done: number, total: number): number | null {
  if (done === 0 || total === 0 || done >= total) return null;
  return Math.round(now + ((now - startedAt) * (total - done)) / done);
}

/** Of a job that has ended: nothing is to come, whatever its last status says. */
export const withoutFuture = <Status extends Partial<JobStatus>>(status: Status) => ({
  ...status,
  pause: null,
  pauses: [],
  nextLookAt: null,
  estimatedEndAt: null,
  forecast: null,
});
