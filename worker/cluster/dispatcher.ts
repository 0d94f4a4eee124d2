// Reaches the dispatcher of the namespace over the worker's own connection.

import {
  type Client,
  QueryRejectedError,
  WithStartWorkflowOperation,
  type Workflow,
  WorkflowClient,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { DeclareInput, DispatcherPort } from '../../activities/dispatch/port.ts';
import type { Answer } from '../../domain/dispatch/declaration.ts';
import type { AskedRate, RateAnswer } from '../../domain/dispatch/lane-rate.ts';
import type { DispatchState } from '../../domain/dispatch/state.ts';
import { dispatcherId } from '../../domain/ids.ts';

/** The answer to a call comes within this time, or Temporal tries the activity again. */
const callMs = 15_000;
/** A run that ended before it had taken over anything knows nothing; the ones before it do. */
const runsMax = 5;
/** A dispatcher that starts again reads no more jobs than this. */
const askedMax = 1_000;

export function createDispatcher(client: Client): DispatcherPort {
  // A dispatcher that was terminated would answer for ever with what it knew at its end.
  const running = new WorkflowClient({
    ...client.workflow.options,
    connection: client.connection,
    queryRejectCondition: 'NOT_OPEN',
  });
  const inTime = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + callMs, call);
  return {
    declare: ({ declaration, ...input }, taskQueue) => {
      const { holder, run, seq } = declaration;
      const startWorkflowOperation = new WithStartWorkflowOperation('dispatch', {
        workflowId: dispatcherId,
        taskQueue,
        args: [null],
        workflowIdConflictPolicy: 'USE_EXISTING',
        staticSummary: 'decides which batches of all jobs may start',
      });
      return inTime(() =>
        client.workflow.executeUpdateWithStart<Workflow, Answer, [DeclareInput]>('declare', {
          args: [{ declaration, ...input }],
          updateId: `${holder} ${run} ${seq}${input.limits === undefined ? '' : ' with limits'}`,
          startWorkflowOperation,
        }),
      );
    },
    readRate: async (asked) => {
      try {
        const dispatcher = running.getHandle(dispatcherId);
        return await inTime(() => dispatcher.query<RateAnswer, [AskedRate]>('rate', asked));
      } catch (error) {
        if (error instanceof QueryRejectedError || error instanceof WorkflowNotFoundError) return { kind: 'unknown' };
        throw error;
      }
    },
    listEarlierRuns: async (ownRunId) => {
      const runs: string[] = [];
      for await (const { runId, status } of client.workflow.list({ query: `WorkflowId = '${dispatcherId}'` })) {
        if (runId === ownRunId) continue;
        if (status.name === 'RUNNING') return null;
        runs.push(runId);
        if (runs.length >= runsMax) break;
      }
      return runs;
    },
    readSnapshot: (runId) =>
      inTime(() => client.workflow.getHandle(dispatcherId, runId).query<DispatchState | null>('snapshot')),
    askAll: async () => {
      const query = "ExecutionStatus = 'Running' AND WorkflowType IN ('processDataset', 'processSegment')";
      const asked: string[] = [];
      for await (const { workflowId } of client.workflow.list({ query })) {
        if (asked.length >= askedMax) break;
        // One that has ended holds nothing.
        await inTime(() => client.workflow.getHandle(workflowId).signal('declareAgain')).then(
          () => asked.push(workflowId),
          () => undefined,
        );
      }
      return asked;
    },
  };
}
