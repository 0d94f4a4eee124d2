// Ends a workflow whose output belongs to another job by now: everything it tried would fail in the same way, at every try.

import { ApplicationFailure, TemporalFailure } from '@temporalio/common';

/** Throws, with the activity's own message, if an activity or a child failed because of a takeover. */
export function endIfTakenOver(error: unknown): void {
  for (let each = error; each instanceof TemporalFailure; each = each.cause) {
    if (!(each instanceof ApplicationFailure) || each.type !== 'taken_over') continue;
    throw ApplicationFailure.nonRetryable(each.message, each.type);
  }
}
