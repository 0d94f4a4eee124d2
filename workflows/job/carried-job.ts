// The state that a job carries over when it continues as new: a few kilobytes, however large the job is. Everything else is on disk.

import type { Allowance } from '../../domain/capacity/allowance.ts';
import type { DeadlinePolicy, JobPosition, JobSettings, PlanPosition, PlanSummary } from '../../domain/job.ts';
import type { Budget } from '../../domain/money/budget.ts';
import type { Counts, ItemReason } from '../../domain/outcome/outcome.ts';
import type { CarriedLog } from '../../domain/progress/collected.ts';
import type { ProviderFault } from '../../domain/progress/faults.ts';
import type { Pauses } from '../../domain/progress/pauses.ts';
import type { Refusals } from '../../domain/progress/refusals.ts';
import type { JudgedStep } from '../../domain/waves/rollout.ts';
import type { Totals } from '../../domain/waves/totals.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import type { Told } from '../../domain/webhook/told.ts';
import type { Coordinator } from '../coordinator.ts';
import type { KnownCapacity } from '../gate/capacity-gate.ts';

/** Where the next run continues. */
export type Place =
  | { readonly kind: 'before'; readonly wave: Wave }
  | { readonly kind: 'inside'; readonly wave: Wave; readonly plan: PlanSummary; readonly segments: SegmentPlace | null }
  | { readonly kind: 'finish'; readonly from: JobPosition; readonly until: number };

/** The next segment of a wave that runs in segments. All segments before it have ended. */
export interface SegmentPlace {
  readonly number: number;
  readonly at: PlanPosition;
  /** Sums of the segments before it, for the status. */
  readonly totals: Totals;
}

/** Items that may be sent again and that the last wave did not take up: it only sent what was too large in smaller batches. */
export interface LeftItems {
  readonly waves: readonly number[];
  readonly retryable: Counts;
}

export const nothingLeft: LeftItems = { waves: [], retryable: {} };

/** The part of a running job's state that changes while it runs. */
export interface JobProgress {
  readonly startedAt: number;
  /** Why the job is paused; it starts nothing new unless this is empty. */
  pauses: Pauses;
  /** Retry rounds that have ended. */
  rounds: number;
  fallbackDone: boolean;
  budget: Budget;
  /** What the items that fell back to the realtime lane have cost, for `fallback.maxUsd`. */
  fallbackUsd: number;
  pastDeadline: boolean;
  cancelled: boolean;
  /** The reasons that `retryFailed` named, until a wave has taken them up. */
  retryReasons: readonly ItemReason[] | null;
  firstPlan: PlanSummary | null;
  /** Of the last wave that has a plan. Absent if an earlier version carried the job over. */
  lastPlan?: PlanSummary | null;
  /** Batches planned in all waves. */
  plannedBatches: number;
  left: LeftItems;
  /** Sums of the waves that have ended. */
  earlierTotals: Totals;
  warnings: readonly string[];
  /** The last step of the rollout that has ended. */
  judged?: JudgedStep | null;
}

export interface CarriedJob extends JobProgress {
  readonly place: Place;
  readonly settings: JobSettings;
  readonly deadline: DeadlinePolicy;
  readonly concurrency: number;
  readonly movedAt: number;
  readonly refusals: Refusals;
  readonly allowance: Allowance;
  readonly alerts: readonly string[];
  /** What is known of the provider's capacity, by model. Absent if an earlier version carried the job over, as the next one is. */
  readonly capacity?: KnownCapacity;
  readonly lastFault?: ProviderFault | null;
  readonly collected?: CarriedLog;
  readonly told?: Told;
}

/** The part of it that the job's coordinator keeps. */
export const pickCoordinated = ({
  movedAt,
  refusals,
  allowance,
  lastFault,
  switches,
  capacity,
  collected,
}: Coordinator) => ({
  movedAt,
  refusals,
  allowance,
  lastFault,
  collected: collected.carry(),
  concurrency: switches.concurrency,
  capacity: capacity.known,
});

const progressFields: readonly (keyof JobProgress)[] = [
  'startedAt',
  'pauses',
  'rounds',
  'fallbackDone',
  'budget',
  'fallbackUsd',
  'pastDeadline',
  'cancelled',
  'retryReasons',
  'firstPlan',
  'lastPlan',
  'plannedBatches',
  'left',
  'earlierTotals',
  'warnings',
  'judged',
];

export const pickProgress = (state: JobProgress): JobProgress =>
  Object.fromEntries(progressFields.map((field) => [field, state[field]])) as unknown as JobProgress;
