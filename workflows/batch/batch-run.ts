// The state of one batch while it lives, what it hears, and how it waits where only a person can help.

import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { JobSettings, PlannedBatch } from '../../domain/job.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import type { BatchNews, BatchState, Trouble } from '../../domain/progress/events.ts';
import {
  batchDeadlineSignal,
  batchNewsSignal,
  endNowSignal,
  nudgeSignal,
  pauseSignal,
  resumeSignal,
} from '../messages.ts';

/** What a batch needs of its job: references and times, nothing of its rows. */
export interface BatchInput {
  readonly job: Pick<JobSettings, 'output' | 'provider' | 'poll' | 'deadline' | 'timing'> & {
    /** How many tenths of the batch apart the coordinator wants to hear of it. */
    readonly tellEvery: number;
  };
  readonly wave: number;
  readonly planned: PlannedBatch;
  readonly paused: boolean;
  readonly endNow: boolean;
}

export interface BatchRun {
  readonly input: BatchInput;
  readonly startedAt: number;
  readonly coordinator: string;
  paused: boolean;
  endNow: boolean;
  nudges: number;
  resumes: number;
  batchDeadlineMs: number;
}

export function beginLife(input: BatchInput): BatchRun {
  const life: BatchRun = {
    input,
    startedAt: Date.now(),
    coordinator: workflowInfo().parent?.workflowId ?? workflowInfo().workflowId,
    paused: input.paused,
    endNow: input.endNow,
    nudges: 0,
    resumes: 0,
    batchDeadlineMs: input.job.deadline.batchMs,
  };
  setHandler(
    pauseSignal,
    () => {
      life.paused = true;
    },
    {
      description: 'Stage and create nothing more until resumed.',
    },
  );
  setHandler(
    resumeSignal,
    () => {
      life.paused = false;
      life.resumes += 1;
    },
    { description: 'Go on; what waited for a key or for money is tried again.' },
  );
  setHandler(
    nudgeSignal,
    () => {
      life.nudges += 1;
    },
    { description: 'Look at the provider now.' },
  );
  setHandler(
    endNowSignal,
    () => {
      life.endNow = true;
    },
    {
      description: "The job's deadline has passed: come to an end.",
    },
  );
  setHandler(
    batchDeadlineSignal,
    (ms) => {
      life.batchDeadlineMs = ms;
    },
    {
      description: 'Changes the deadline of the batch.',
    },
  );
  return life;
}

export const toBatchRef = ({ input }: BatchRun): { output: string; wave: number; batch: number } => ({
  output: input.job.output,
  wave: input.wave,
  batch: input.planned.batch,
});

/** A batch's last word in the log. */
export function counted(tally: Tally): Tally {
  const { batchId, lane, items, answered, costUsd, polls } = tally;
  log.info('batch done', { event: 'batch_done', batchId, lane, items, answered, costUsd, polls });
  return tally;
}

export async function tell(
  life: BatchRun,
  stage: BatchState,
  batchId: string | null,
  trouble?: Trouble,
  done = 0,
): Promise<void> {
  if (workflowInfo().parent === undefined) return;
  const news: BatchNews = {
    wave: life.input.wave,
    batch: life.input.planned.batch,
    stage,
    batchId,
    done,
    failed: 0,
    ...(trouble === undefined ? {} : { trouble }),
  };
  try {
    const coordinator = getExternalWorkflowHandle(life.coordinator);
    await CancellationScope.nonCancellable(() => coordinator.signal(batchNewsSignal, news));
  } catch {
    // A coordinator that is gone hears nothing; the batch still ends in its files.
    log.warn('the coordinator did not hear the news', { stage });
  }
}

/** What cuts a wait for a person short, where anything does: the job's deadline, or a time. */
export interface Patience {
  readonly endNow?: boolean;
  readonly untilMs?: number | null;
}

export const outOfTime = Symbol('gave up');

/** Does work that may meet trouble with keys or money: tells the coordinator once, waits to be resumed, and does it again. */
export async function runThroughTrouble<T>(
  life: BatchRun,
  batchId: string | null,
  work: () => Promise<T>,
  { endNow = false, untilMs = null }: Patience = {},
): Promise<T | typeof outOfTime> {
  const isOver = (): boolean => (endNow && life.endNow) || (untilMs !== null && Date.now() >= untilMs);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (untilMs !== null && isOutOfTime(error)) return outOfTime;
      const trouble = readTrouble(error);
      if (trouble === null) throw error;
      const before = life.resumes;
      await tell(life, 'waiting', batchId, trouble);
      const goesOn = (): boolean => life.resumes > before || isOver();
      if (untilMs === null) {
        await condition(goesOn);
      } else {
        await condition(goesOn, Math.max(1, untilMs - Date.now()), { summary: `${trouble}: waits to be resumed` });
      }
      if (isOver()) return outOfTime;
    }
  }
}

/** Its tries ended with the time it was given, or before a try that would have come later. */
const isOutOfTime = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.retryState === RetryState.TIMEOUT;

export function failureType(error: unknown): string | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  return error.cause.type ?? null;
}

function readTrouble(error: unknown): Trouble | null {
  if (
    failureType(error) !== 'trouble' ||
    !(error instanceof ActivityFailure) ||
    !(error.cause instanceof ApplicationFailure)
  ) {
    return null;
  }
  const [facts] = error.cause.details ?? [];
  const fault = typeof facts === 'object' && facts !== null && 'fault' in facts ? facts.fault : null;
  return fault === 'forbidden' || fault === 'no_money' ? fault : 'unauthorized';
}
