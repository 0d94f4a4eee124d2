// What Temporal itself says of a run that was started by a schedule.

import { defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

/** The time that a schedule started this run for: in a search attribute that every namespace has. */
export function scheduledAt(): number | null {
  const key = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');
  return workflowInfo().typedSearchAttributes.get(key)?.getTime() ?? null;
}
