// What a person did wrong is said by the workflow itself, not behind "Activity task failed".

import { ActivityFailure, ApplicationFailure } from '@temporalio/common';

export function asRefusal(error: unknown): unknown {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return error;
  return ApplicationFailure.nonRetryable(error.cause.message, error.cause.type ?? undefined);
}
