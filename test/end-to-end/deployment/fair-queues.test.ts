// The server takes waiting tasks by priority, and in turns between tenants: the dev server does, and the compose file's server is told to.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TaskPriority, toTaskPriority } from '../../../domain/sharing.ts';
import { until } from '../crash/cell.ts';
import { realServer } from '../server.ts';

/** Tasks are in order only within a partition of their queue. */
const onePartition = { 'matching.numTaskqueueReadPartitions': '1', 'matching.numTaskqueueWritePartitions': '1' };
const server = realServer({ headless: true, dynamicConfig: onePartition });
const taskQueue = 'fair-queues';

test('of many waiting tasks, an urgent one is first, and a tenant with one task is not behind all of another', async () => {
  const { client } = server;
  const start = (workflowId: string, priority: TaskPriority) =>
    client.workflow.start('nobody runs it', { workflowId, taskQueue, args: [], priority });
  const many = toTaskPriority({ tenant: 'many', priority: 2 });
  const handles = [];
  for (let index = 0; index < 20; index += 1) handles.push(await start(`many-${index}`, many));
  handles.push(await start('few', toTaskPriority({ tenant: 'few', priority: 2 })));
  handles.push(await start('urgent', toTaskPriority({ tenant: 'many', priority: 1 })));
  // The server's matching learns of a task shortly after its workflow has started.
  await until('all wait', async () => (await countWaiting(client)) === handles.length);
  const taken: (string | null | undefined)[] = [];
  for (let polls = 0; polls < 6; polls += 1) {
    const task = await client.withDeadline(Date.now() + 30_000, () =>
      client.workflowService.pollWorkflowTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: taskQueue },
        identity: 'a test',
      }),
    );
    taken.push(task.workflowExecution?.workflowId);
  }
  await Promise.all(handles.map((handle) => handle.terminate()));
  expect(taken).toEqual(expect.arrayContaining(['urgent', 'few']));
});

async function countWaiting({ options, workflowService }: typeof server.client): Promise<number> {
  const { stats } = await workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
    reportStats: true,
  });
  return Number(stats?.approximateBacklogCount ?? 0);
}

test.each(['matching.useNewMatcher', 'matching.enableFairness'])('the server of the compose file has %s on', (name) => {
  const settings = readFileSync(join(import.meta.dirname, '../../../ops/temporal-dynamic.yaml'), 'utf8');
  expect(settings).toContain(`${name}:\n  - value: true\n`);
});
