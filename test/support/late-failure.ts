// Another fault of the server that skips time: an attempt that fails after its cancellation was requested, with a failure that would be tried
// again, leaves no event, and its workflow waits for ever. (The real server writes the failure.) Here, such an attempt ends like one that has
// learned of the request: as cancelled.

import { activityInfo, CompleteAsyncError, cancellationSignal } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';

/** Must be the first of the interceptors: it reads the failures that the others make. */
export function endLateFailures(client: Client): ActivityInboundCallsInterceptor {
  return {
    execute: async (input, next) => {
      try {
        return await next(input);
      } catch (error) {
        if (!mayBeTriedAgain(error) || !(await isCancelRequested(client))) throw error;
        await client.activity.reportCancellation(activityInfo().taskToken);
        throw new CompleteAsyncError();
      }
    },
  };
}

const mayBeTriedAgain = (error: unknown): boolean =>
  !cancellationSignal().aborted && !(error instanceof ApplicationFailure && error.nonRetryable === true);

async function isCancelRequested({ workflow }: Client): Promise<boolean> {
  const { workflowExecution, activityId } = activityInfo();
  if (workflowExecution === undefined) return false;
  const { raw } = await workflow.getHandle(workflowExecution.workflowId, workflowExecution.runId).describe();
  return (raw.pendingActivities ?? []).some((each) => each.activityId === activityId && each.state === cancelRequested);
}

/** PENDING_ACTIVITY_STATE_CANCEL_REQUESTED (temporal.api.enums.v1). */
const cancelRequested = 3;
