// Answers the activities' questions to the Temporal cluster, over the worker's own connection.

import {
  type Client,
  type WorkflowExecutionStatusName,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Cluster, WorkflowEnd } from '../../activities/deps.ts';
import { readInnermostMessage } from '../../domain/innermost-message.ts';
import type { BatchNews } from '../../domain/progress/events.ts';
import { searchAttributes } from '../../domain/progress/search-attributes.ts';

const ends: Readonly<Partial<Record<WorkflowExecutionStatusName, WorkflowEnd['state']>>> = {
  RUNNING: 'running',
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'completed',
  CANCELLED: 'cancelled',
};

/** A workflow fails with words of our own. */
async function readFailure(handle: WorkflowHandle): Promise<string> {
  const failure: unknown = await handle.result().catch((error: unknown) => error);
  return failure instanceof Error ? readInnermostMessage(failure) : 'it has ended meanwhile';
}

export function createCluster(client: Client, namespace: string): Cluster {
  return {
    isOpen: async (workflowId, firstRunId) => {
      try {
        const { status, raw } = await client.workflow.getHandle(workflowId).describe();
        const sameRun = firstRunId === undefined || raw.workflowExecutionInfo?.firstRunId === firstRunId;
        return status.name === 'RUNNING' && sameRun;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
    findEnd: async (workflowId) => {
      const handle = client.workflow.getHandle(workflowId);
      try {
        const { status, startTime } = await handle.describe();
        const state = ends[status.name] ?? 'failed';
        const message = state === 'failed' ? await readFailure(handle) : null;
        return { state, message, startedAt: startTime.getTime() };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { state: 'absent', message: null };
        throw error;
      }
    },
    notify: async (workflowId, news: BatchNews) => {
      // Lost news does no harm: the next signal carries it again, and the tally is never sent this way.
      await client.workflow
        .getHandle(workflowId)
        .signal('batchNews', news)
        .catch(() => undefined);
    },
    registeredSearchAttributes: async () => {
      const { customAttributes } = await client.connection.operatorService
        .listSearchAttributes({ namespace })
        .catch(() => ({ customAttributes: {} }));
      return searchAttributes.filter((name) => name in (customAttributes ?? {}));
    },
  };
}
