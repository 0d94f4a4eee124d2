// Tells when a workflow's history has grown so long that the workflow continues as new as soon as it can.

import { workflowInfo } from '@temporalio/workflow';

/** True for the rest of the run, once it is true. The server suggests it at 4,096 events or 4 MB by default; `eventsMax` may be lower. */
export function isHistoryLong(eventsMax: number): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength >= eventsMax;
}
