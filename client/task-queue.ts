// Whether any worker is there to do what is asked.

import type { Client } from '@temporalio/client';

/** Temporal's number for the queue of workflow tasks. */
const workflowTasks = 1;
/** A worker's poll waits at most a minute, so one that was not heard of for longer is gone; the server forgets it only later. */
const silentMsMax = 75_000;

/** Their own names for themselves. */
export async function workersOn(client: Client, taskQueue: string): Promise<readonly string[]> {
  const { pollers } = await client.connection.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: workflowTasks,
  });
  const heardAt = (seconds: { toString(): string } | null | undefined): number => Number(String(seconds ?? 0)) * 1000;
  return (pollers ?? [])
    .filter(({ lastAccessTime }) => Date.now() - heardAt(lastAccessTime?.seconds) < silentMsMax)
    .map(({ identity }) => identity ?? '');
}
