// Resets a job's workflow to its beginning, as a person may do.

import { randomUUID } from 'node:crypto';
import type { Site } from '../../../workflows/site.ts';

export async function resetJob(site: Site): Promise<void> {
  const [run = ''] = await site.runs();
  const { events } = await site.client.workflow.getHandle(site.name, run).fetchHistory();
  const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes != null);
  await site.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: site.name, runId: run },
    reason: 'test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: tasks[2]?.eventId ?? null,
  });
}
