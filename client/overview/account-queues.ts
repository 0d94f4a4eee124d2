// Why no call of a running job reaches its provider, as far as the server knows: nobody serves the account's task queues, or their rate is 0.

import type { Client } from '@temporalio/client';
import { accountQueueType } from '../../domain/account-queue.ts';
import { describeQueue } from '../worker-answer.ts';

/** Null if calls get through. */
export async function findBlock(client: Client, queues: readonly string[]): Promise<string | null> {
  const blocks = await Promise.all(queues.map((queue) => findBlockOf(client, queue)));
  return blocks.find((block) => block !== null) ?? null;
}

async function findBlockOf(client: Client, queue: string): Promise<string | null> {
  const { pollers, rate } = await describeQueue(client, queue, accountQueueType);
  if (rate === 0) {
    return `the rate of task queue ${queue} is 0: to continue, set it to default with \`temporal task-queue config set\``;
  }
  return pollers.length === 0 ? `no worker polls task queue ${queue}: no worker that runs has this account` : null;
}
