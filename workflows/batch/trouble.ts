// Reads the failure of an activity: trouble that only a person can end, such as a refused key or an empty account, or the end of all tries.

import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { type Trouble, troubles } from '../../domain/progress/events.ts';

/**
 * The type of a failure that no further attempt could help; null for other errors. If a call is stopped, its last attempt may end with any
 * failure, and Temporal stops retrying: such a failure says nothing about the call.
 */
export function readFinalFailure(error: unknown): string | null {
  const failure = readFailure(error);
  return failure?.nonRetryable === true ? (failure.type ?? null) : null;
}

/** Temporal stops retrying the activity, although a further attempt could help: its time is over, or it was asked to stop. */
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
