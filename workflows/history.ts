// Checks whether a workflow's history is so long that the workflow continues as new as soon as it can.

import { workflowInfo } from '@temporalio/workflow';

/** Once true, true for the rest of the run. By default the server suggests it at 4,096 events or 4 MB; `eventsMax` may be lower. */
export function isHistoryLong(eventsMax: number): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength >= eventsMax;
}
