// The names of an account's two task queues. Each has its own rate, so that polls never hold up creates, and one account never another.

import { defaultAccount, type JobSpec } from './job.ts';

/** `create` is for creates of batches; `call` is for all other calls to the provider. */
export const accountQueueKinds = ['create', 'call'] as const;
export type AccountQueueKind = (typeof accountQueueKinds)[number];

export const nameAccountQueue = (
  taskQueue: string,
  { provider, account = defaultAccount }: Pick<JobSpec, 'provider' | 'account'>,
  kind: AccountQueueKind,
): string => `${taskQueue}.${provider}.${account}.${kind}`;

export const listAccountQueues = (
  taskQueue: string,
  account: Pick<JobSpec, 'provider' | 'account'>,
): readonly string[] => accountQueueKinds.map((kind) => nameAccountQueue(taskQueue, account, kind));

/** Temporal's code for a task queue of activities: both of an account are. */
export const accountQueueType = 2;
