// The calls that a job, its segments and its batches are making, as the server knows them. Needs no worker.

import type { Client, WorkflowExecutionDescription } from '@temporalio/client';

export type Described = Pick<WorkflowExecutionDescription, 'raw'>;

export interface PendingCall {
  /** The workflow whose call it is. */
  readonly workflow: string;
  readonly call: NonNullable<Described['raw']['pendingActivities']>[number];
}

/** Of each workflow: what meets all batches shows in the first ones. */
const childrenMax = 20;
/** A job, its segments, and their batches. */
const depthMax = 3;

export async function listPendingCalls(
  client: Client,
  workflow: string,
  { raw }: Described,
  depth = 1,
): Promise<readonly PendingCall[]> {
  const own = (raw.pendingActivities ?? []).map((call) => ({ workflow, call }));
  if (depth === depthMax) return own;
  const children = (raw.pendingChildren ?? []).slice(0, childrenMax).flatMap(({ workflowId }) => workflowId ?? []);
  const lists = await Promise.all(
    children.map(async (id) => {
      try {
        const child = await client.workflow.getHandle(id).describe();
        return await listPendingCalls(client, id, child, depth + 1);
      } catch {
        // It has just ended.
        return [];
      }
    }),
  );
  return [...own, ...lists.flat()];
}
