// A job whose workflow task fails: a worker takes the task and cannot continue the workflow, so the server gives the task out again, until a
// worker can. Until then nobody answers questions about the job, and nothing of it changes.

import type { Client } from '@temporalio/client';

export class TaskFails extends Error {
  override readonly name = 'TaskFails';
}

/** Signals and ended activities may come after the task's failure. */
const eventsMax = 50;
/** Temporal's numbers for failures that the server causes itself, and repairs. */
const ownCauses: ReadonlySet<unknown> = new Set([1, 17, 18, 20]);

/** Null if its last task did not fail. The server records only the first failure in a row. */
export async function findFailingTask(client: Client, workflowId: string): Promise<TaskFails | null> {
  const { history } = await client.connection.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: eventsMax,
  });
  const last = (history?.events ?? []).find(
    (event) => event.workflowTaskCompletedEventAttributes ?? event.workflowTaskFailedEventAttributes,
  );
  const failed = last?.workflowTaskFailedEventAttributes;
  if (failed == null || ownCauses.has(failed.cause)) return null;
  const why = (failed.failure?.message || 'no reason is known').split('\n')[0];
  return new TaskFails(`the workflow task of ${workflowId} fails and is retried: ${why}`);
}
