// Answers the activities' questions to the Temporal cluster, over the worker's own connection.

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Cluster } from '../../activities/deps.ts';
import type { BatchNews } from '../../domain/progress/events.ts';
import { searchAttributes } from '../../domain/progress/search-attributes.ts';

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
