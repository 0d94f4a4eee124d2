// Waits for the workflows of a job that was taken over: the worker must know what they still do to a batch before anything is sent again.

import { activityInfo } from '@temporalio/activity';
import { type BatchRef, batchWorkflowId } from '../domain/ids.ts';
import type { JobFile } from '../domain/job.ts';
import type { ActivityDeps } from './deps.ts';
import { TryAgain } from './failure.ts';

type ClusterDeps = Pick<ActivityDeps, 'cluster'>;

/** How often Temporal checks again whether a workflow has ended. */
const checkAgainMs = 5_000;

/**
 * A job that was taken over may have left children that still finish their batches. While the child of this batch is open, its result is not
 * known, so nothing of the batch may be sent again: fails with `TryAgain`.
 */
export async function awaitEarlierOwners(deps: ClusterDeps, job: JobFile, ref: BatchRef): Promise<void> {
  const child = await findEarlierChild(deps, job, ref);
  if (child === null) return;
  throw new TryAgain(`waiting for ${child}, which the earlier owner of this output started, to end`, checkAgainMs);
}

/** The workflow that an earlier owner started for the batch and that is still open; null if there is none. */
export async function findEarlierChild(
  deps: ClusterDeps,
  job: JobFile,
  { wave, batch }: BatchRef,
): Promise<string | null> {
  for (const { workflowId } of job.takenOver) {
    const child = batchWorkflowId(workflowId, wave, batch);
    // Under the job's own id only one child can be open, and the job's window waits for it. That child must not wait for itself.
    if (workflowId === job.claim.workflowId || child === activityInfo().workflowExecution?.workflowId) continue;
    if (await deps.cluster.isOpen(child)) return child;
  }
  return null;
}

/** Fails with `TryAgain` until the workflow has ended. Retries of an activity add nothing to the workflow's history. */
export async function untilClosed(deps: ClusterDeps, { workflowId }: { readonly workflowId: string }): Promise<void> {
  if (await deps.cluster.isOpen(workflowId)) throw new TryAgain(`${workflowId} has not ended yet`, checkAgainMs);
}
