// Trouble that only a person can end, such as a refused key or an empty account: the batch notifies its coordinator once and waits.

import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { condition } from '@temporalio/workflow';
import { type Trouble, troubles } from '../../domain/progress/events.ts';
import type { BatchRun } from './batch-run.ts';

/** The events that end a wait for a person early. By default, there are none. */
export interface WaitLimit {
  /** Whether the job's deadline ends the wait. */
  readonly endNow?: boolean;
  /** The time at which the wait ends. */
  readonly untilMs?: number | null;
}

export const outOfTime = Symbol('out of time');

/** Does work; after trouble, waits until the job is resumed and does it again. `outOfTime` if the limit is reached first. */
export async function runThroughTrouble<T>(
  run: BatchRun,
  batchId: string | null,
  work: () => Promise<T>,
  limit: WaitLimit = {},
): Promise<T | typeof outOfTime> {
  const { endNow = false, untilMs = null } = limit;
  const isOver = (): boolean => (endNow && run.endNow) || (untilMs !== null && Date.now() >= untilMs);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (untilMs !== null && isOutOfTime(error)) return outOfTime;
      const trouble = readTrouble(error);
      if (trouble === null) throw error;
      const { resumes } = run;
      await run.notify('waiting', { batchId, trouble });
      const mayContinue = (): boolean => run.resumes > resumes || isOver();
      if (untilMs === null) {
        await condition(mayContinue);
      } else {
        const leftMs = Math.max(1, untilMs - Date.now());
        await condition(mayContinue, leftMs, { summary: `${trouble}: wait to be resumed` });
      }
      if (isOver()) return outOfTime;
    }
  }
}

/**
 * The type of a failure that no further attempt could help; null for other errors. If a call is stopped, its last attempt may end with any
 * failure, and Temporal then tries no more: such a failure says nothing of what the call came to.
 */
export function readFinalFailure(error: unknown): string | null {
  const failure = readFailure(error);
  return failure?.nonRetryable === true ? (failure.type ?? null) : null;
}

/** Temporal tries the activity no more, although a further attempt could help: its time is over, or it was asked to stop. */
export const isGivenUp = (error: unknown): boolean => readFailure(error)?.nonRetryable === false;

function readFailure(error: unknown): ApplicationFailure | null {
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : null;
}

/** The time for all attempts ended, or would end before the next attempt. */
export const isOutOfTime = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.retryState === RetryState.TIMEOUT;

export function readTrouble(error: unknown): Trouble | null {
  const failure = readFailure(error);
  if (failure?.type !== 'trouble') return null;
  const [facts] = failure.details ?? [];
  const fault = typeof facts === 'object' && facts !== null && 'fault' in facts ? facts.fault : null;
  return troubles.find((trouble) => trouble === fault) ?? 'unauthorized';
}
