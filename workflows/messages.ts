// Every message that a job, a segment or a batch understands.

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ItemReason } from '../domain/outcome/outcome.ts';
import type { Late } from '../domain/progress/alerts.ts';
import type { BatchEntry, BatchNews, BatchStateCounts } from '../domain/progress/events.ts';
import type { JobStatus } from '../domain/progress/status.ts';
import type { Totals } from '../domain/waves/totals.ts';

// A person to a job

export const statusQuery = defineQuery<JobStatus>('status');
export const batchesQuery = defineQuery<BatchPage, [BatchesRequest?]>('batches');

export interface BatchesRequest {
  readonly offset?: number;
  readonly limit?: number;
  /** Only batches in this stage, e.g. `running`. */
  readonly stage?: string;
}

export interface BatchPage {
  readonly total: number;
  readonly offset: number;
  readonly batches: readonly BatchEntry[];
  /** Workflows that answer for further batches of this job. */
  readonly segments: readonly string[];
}

export const pauseUpdate = defineUpdate<JobStatus, [{ readonly note?: string } | undefined]>('pause');
export const resumeUpdate = defineUpdate<JobStatus, []>('resume');
export const setConcurrencyUpdate = defineUpdate<JobStatus, [{ readonly concurrency: number }]>('setConcurrency');
export const setBudgetUpdate = defineUpdate<JobStatus, [{ readonly usd: number | null }]>('setBudget');
export const setDeadlineUpdate = defineUpdate<JobStatus, [DeadlineChange]>('setDeadline');
export const retryFailedUpdate = defineUpdate<JobStatus, [{ readonly reasons?: readonly ItemReason[] } | undefined]>(
  'retryFailed',
);

export interface DeadlineChange {
  /** From a batch's creation, e.g. "12h". */
  readonly batch?: string;
  /** From the job's start; null takes it away. */
  readonly job?: string | null;
  readonly then?: 'fallback' | 'retry' | 'fail';
}

// A batch or segment to whoever coordinates it

export const batchNewsSignal = defineSignal<[BatchNews]>('batchNews');
export const segmentNewsSignal = defineSignal<[SegmentNews]>('segmentNews');

export interface SegmentNews {
  readonly segment: number;
  readonly running: number;
  /** Nothing is left to start: its free places may go to the next segment. */
  readonly draining: boolean;
  readonly totals: Totals;
  readonly stages: BatchStateCounts;
  readonly late: Late;
  readonly movedAt: number;
  readonly trouble?: BatchNews['trouble'];
}

// A coordinator to its batches and segments

export const pauseSignal = defineSignal('pauseWork');
export const resumeSignal = defineSignal('resumeWork');
export const nudgeSignal = defineSignal('nudge');
/** Past the job's deadline: bring the batch to its end and collect what there is. */
export const endNowSignal = defineSignal('endNow');
export const limitSignal = defineSignal<[number]>('limit');
export const batchDeadlineSignal = defineSignal<[number]>('batchDeadline');
