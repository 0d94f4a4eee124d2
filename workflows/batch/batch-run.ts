// The state of one running batch: its input, the signals that change it, and the news that it sends to its coordinator.

import { CancellationScope, getExternalWorkflowHandle, log, setHandler, workflowInfo } from '@temporalio/workflow';
import type { BatchEvent } from '../../domain/batch/events.ts';
import type { Allowance } from '../../domain/capacity/allowance.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import type { JobSettings, PlannedBatch } from '../../domain/job.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import type { BatchNews, BatchState } from '../../domain/progress/events.ts';
import {
  batchDeadlineSignal,
  batchNewsSignal,
  endNowSignal,
  jobEndsSignal,
  nudgeSignal,
  pauseSignal,
  resumeSignal,
  roomSignal,
  tooLargeSignal,
} from '../messages.ts';

/** The part of a job that its batches need: references and times, nothing from its rows. */
export interface BatchInput {
  readonly job: Pick<
    JobSettings,
    | 'output'
    | 'nonce'
    | 'provider'
    | 'account'
    | 'dispatch'
    | 'poll'
    | 'deadline'
    | 'timing'
    | 'proofs'
    | 'historyEventsMax'
  > & {
    /** The coordinator wants news after each so many tenths of the batch. */
    readonly tellEvery: number;
    /** The batch is only started to end, because nobody let the rollout continue to it. Absent: it is not. */
    readonly isNotApproved?: true;
  };
  readonly wave: number;
  readonly planned: PlannedBatch;
  readonly paused: boolean;
  /** The coordinator's last pause or resume. */
  readonly turn: number;
  readonly endNow: boolean;
  /** Set when the job is finishing: the batch is cancelled, and ends by then. Null otherwise. */
  readonly endBy: number | null;
  /** For a batch of the realtime lane. */
  readonly realtime?: RealtimeGrant;
}

/** What a realtime batch may use. */
export interface RealtimeGrant {
  /** The job's allowance, as its last realtime batch left it. */
  readonly allowance: Allowance;
  /** The run with which the allowance began. Absent in earlier versions. */
  readonly chain?: string;
  /** The money that the batch may spend; null if there is no cap. */
  readonly grantUsd: number | null;
}

export class BatchRun {
  readonly input: BatchInput;
  readonly startedAt = Date.now();
  readonly coordinator = workflowInfo().parent?.workflowId ?? workflowInfo().workflowId;
  paused: boolean;
  turn: number;
  endNow: boolean;
  /** A counter, so that a wait can notice another signal. */
  resumes = 0;
  /** Receives the signals as events, in a batch that the batch machine drives. */
  onSignal: (event: BatchEvent) => void = () => undefined;

  constructor(input: BatchInput) {
    this.input = input;
    this.paused = input.paused;
    this.turn = input.turn;
    this.endNow = input.endNow;
    registerHandlers(this);
  }

  /** Whether the signal is newer than the last known one. A person's signal has no turn, and always counts. */
  takeTurn(turn: number | undefined): boolean {
    if ((turn ?? this.turn) < this.turn) return false;
    this.turn = turn ?? this.turn;
    return true;
  }

  get ref(): BatchRef & JobRef {
    const { job, wave, planned } = this.input;
    return { output: job.output, nonce: job.nonce, wave, batch: planned.batch };
  }

  /** Sends news to the coordinator. If the coordinator is gone, the news is lost, but the batch's answers are in its files anyway. */
  async notify(
    stage: BatchState,
    {
      batchId = null,
      done = 0,
      trouble,
      unsent = false,
      cramped,
      yielded = false,
      unreachableSince,
      createsLost,
      withoutRate,
      answersTo,
    }: Partial<
      Pick<
        BatchNews,
        'batchId' | 'done' | 'trouble' | 'cramped' | 'unreachableSince' | 'createsLost' | 'withoutRate' | 'answersTo'
      >
    > & { readonly unsent?: boolean; readonly yielded?: boolean } = {},
  ): Promise<void> {
    if (workflowInfo().parent === undefined) return;
    const { wave, batch } = this.ref;
    const news: BatchNews = {
      wave,
      batch,
      stage,
      batchId,
      done,
      failed: 0,
      ...(trouble === undefined ? {} : { trouble }),
      ...(unsent ? { unsent } : {}),
      ...(cramped === undefined ? {} : { cramped }),
      ...(yielded ? { yielded } : {}),
      ...(unreachableSince === undefined ? {} : { unreachableSince }),
      ...(createsLost === undefined ? {} : { createsLost }),
      ...(withoutRate === undefined ? {} : { withoutRate }),
      ...(answersTo === undefined ? {} : { answersTo }),
    };
    try {
      const coordinator = getExternalWorkflowHandle(this.coordinator);
      await CancellationScope.nonCancellable(() => coordinator.signal(batchNewsSignal, news));
    } catch {
      log.warn('the coordinator did not receive the news', { stage });
    }
  }
}

function registerHandlers(run: BatchRun): void {
  const pause = (turn?: number): void => {
    if (!run.takeTurn(turn)) return;
    run.paused = true;
    run.onSignal({ kind: 'paused' });
  };
  const resume = (turn?: number): void => {
    if (!run.takeTurn(turn)) return;
    run.paused = false;
    run.resumes += 1;
    run.onSignal({ kind: 'resumed' });
  };
  const nudge = (): void => {
    run.onSignal({ kind: 'nudged' });
  };
  const room = (): void => {
    run.onSignal({ kind: 'room' });
  };
  const tooLarge = (share: number): void => {
    run.onSignal({ kind: 'too_large', share });
  };
  const endNow = (): void => {
    run.endNow = true;
    run.onSignal({ kind: 'deadline' });
  };
  const jobEnds = (endBy: number): void => {
    run.onSignal({ kind: 'cancelled', endBy });
  };
  const setDeadline = (ms: number): void => {
    run.onSignal({ kind: 'deadline_changed', deadlineMs: ms });
  };
  setHandler(pauseSignal, pause, { description: 'Upload and create nothing more until resumed.' });
  setHandler(resumeSignal, resume, { description: 'Continue; work that waits for a key or for money is tried again.' });
  setHandler(roomSignal, room, { description: 'The provider has room again: create the batch.' });
  setHandler(tooLargeSignal, tooLarge, { description: 'The provider will never have room: give the items back.' });
  setHandler(nudgeSignal, nudge, { description: 'Poll now.' });
  setHandler(endNowSignal, endNow, { description: "The job's deadline has passed: end the batch and collect it." });
  setHandler(jobEndsSignal, jobEnds, { description: 'The job is cancelled, and ends by then.' });
  setHandler(batchDeadlineSignal, setDeadline, { description: "Change the batch's deadline." });
}

/** Logs a batch's tally when the batch ends. */
export function logTally(tally: Tally): Tally {
  const { batchId, lane, items, answered, costUsd, polls } = tally;
  log.info('batch done', { event: 'batch_done', batchId, lane, items, answered, costUsd, polls });
  return tally;
}
