// Every message that a job, a segment or a batch understands.

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { DeadlineAction } from '../domain/job.ts';
import type { ItemReason } from '../domain/outcome/outcome.ts';
import type { EarlierChild, LateCounts } from '../domain/progress/alerts.ts';
import type { CollectedNews, CollectedPage } from '../domain/progress/collected.ts';
import type { BatchEntry, BatchNews, BatchStateCounts } from '../domain/progress/events.ts';
import type { ProviderFault } from '../domain/progress/faults.ts';
import type { Refusals } from '../domain/progress/refusals.ts';
import type { CapacityWait, JobStatus } from '../domain/progress/status.ts';
import type { Totals } from '../domain/waves/totals.ts';

// From a person to a job

/** With the time at which it is asked: a workflow's own clock shows when the last news came. Defaults to that clock. */
export const statusQuery = defineQuery<JobStatus, [number?]>('status');
export const batchesQuery = defineQuery<BatchPage, [BatchesRequest?]>('batches');

export interface BatchesRequest {
  /** Defaults to 0. */
  readonly offset?: number;
  /** Defaults to 100; at most 500. */
  readonly limit?: number;
  /** Only batches in this state, e.g. `running`. Defaults to all. */
  readonly stage?: string;
}

export interface BatchPage {
  readonly total: number;
  readonly offset: number;
  readonly batches: readonly BatchEntry[];
  /** Workflows that answer for further batches of this job. */
  readonly segments: readonly string[];
}

/** What readers of a job's events ask for again and again: the status, and the batches and chunks that were collected after a number. */
export const eventsQuery = defineQuery<JobEvents, [number?]>('events');

export interface JobEvents {
  readonly status: JobStatus;
  /** At most 500 entries: ask again after the last one. */
  readonly collected: CollectedPage;
}

export const pauseUpdate = defineUpdate<JobStatus, [{ readonly note?: string } | undefined]>('pause');
export const resumeUpdate = defineUpdate<JobStatus, []>('resume');
export const approveUpdate = defineUpdate<JobStatus, []>('approve');
export const setConcurrencyUpdate = defineUpdate<JobStatus, [{ readonly concurrency: number }]>('setConcurrency');
export const setBudgetUpdate = defineUpdate<JobStatus, [{ readonly usd: number | null }]>('setBudget');
export const setDeadlineUpdate = defineUpdate<JobStatus, [DeadlineChange]>('setDeadline');
export const retryFailedUpdate = defineUpdate<JobStatus, [{ readonly reasons?: readonly ItemReason[] } | undefined]>(
  'retryFailed',
);

export interface DeadlineChange {
  /** From a batch's creation, e.g. "12h". */
  readonly batch?: string;
  /** From the job's start; null removes it. */
  readonly job?: string | null;
  readonly then?: DeadlineAction;
}

// From a batch or segment to its coordinator

export const batchNewsSignal = defineSignal<[BatchNews]>('batchNews');
export const segmentNewsSignal = defineSignal<[SegmentNews]>('segmentNews');

export interface SegmentNews extends CollectedNews {
  readonly segment: number;
  readonly running: number;
  /** No batch is left to start, so its free places may go to the next segment. */
  readonly draining: boolean;
  readonly totals: Totals;
  readonly stages: BatchStateCounts;
  readonly late: LateCounts;
  readonly movedAt: number;
  readonly earlierChild: EarlierChild | null;
  readonly refusals: Refusals;
  /** Absent if an earlier version sent it. The same holds for the next two. */
  readonly itemsUnderWay?: number;
  readonly lastFault?: ProviderFault | null;
  readonly capacity?: readonly CapacityWait[];
  readonly trouble?: BatchNews['trouble'];
}

// From a coordinator to its batches and segments

/** With the number of the change: signals may overtake each other, and an earlier change means nothing after a later one. */
export const pauseSignal = defineSignal<[number?]>('pauseWork');
export const resumeSignal = defineSignal<[number?]>('resumeWork');
export const nudgeSignal = defineSignal('nudge');
/** For a batch that waits for capacity: the provider has room again. */
export const roomSignal = defineSignal('room');
/** For a batch that waits for capacity: the provider will never have room for more than this share of it. */
export const tooLargeSignal = defineSignal<[number]>('tooLarge');
/** The job's deadline has passed: end the batch and collect what it finished. */
export const endNowSignal = defineSignal('endNow');
/** The job itself was cancelled, and ends by then. Otherwise a person may have cancelled only this child. */
export const jobEndsSignal = defineSignal<[number]>('jobEnds');
export const limitSignal = defineSignal<[number]>('limit');
export const batchDeadlineSignal = defineSignal<[number]>('batchDeadline');
