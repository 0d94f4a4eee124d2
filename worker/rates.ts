// Tells the Temporal server how fast each account may be called. The server holds a rate for all workers together, and shows it in
// `temporal task-queue config get`. A person may set another rate there, which then stays.

import type { Client } from '@temporalio/client';
import {
  type AccountQueueKind,
  accountQueueKinds,
  accountQueueType,
  nameAccountQueue,
} from '../domain/account-queue.ts';
import type { AccountRates, Rates } from './config-file.ts';
import type { ServedAccount } from './worker-group.ts';

/** Shows who has set a rate. */
const reason = 'rates in NIGHTSHIFT_CONFIG';
const secondsOfHour = 3600;

/** Per second, as Temporal counts. */
const readRate: Readonly<Record<AccountQueueKind, (rates: AccountRates) => number | null>> = {
  create: ({ createsPerHour }) => (createsPerHour === undefined ? null : createsPerHour / secondsOfHour),
  call: ({ callsPerSecond }) => callsPerSecond ?? null,
};

/** A rate that is no longer in the configuration is taken back. Fails if the server refuses, which has no other effect. */
export async function publishRates(
  client: Client,
  { namespace, taskQueue, rates }: { readonly namespace: string; readonly taskQueue: string; readonly rates: Rates },
  accounts: readonly ServedAccount[],
): Promise<void> {
  for (const served of accounts) {
    const given = rates[served.provider]?.[served.account] ?? {};
    for (const kind of accountQueueKinds) {
      const name = nameAccountQueue(taskQueue, served, kind);
      await publishRate(client.workflowService, namespace, name, readRate[kind](given));
    }
  }
}

async function publishRate(
  service: Client['workflowService'],
  namespace: string,
  taskQueue: string,
  wanted: number | null,
): Promise<void> {
  const queue = { namespace, taskQueueType: accountQueueType };
  const { config } = await service.describeTaskQueue({ ...queue, taskQueue: { name: taskQueue }, reportConfig: true });
  const limit = config?.queueRateLimit;
  const current = limit?.rateLimit == null ? null : (limit.rateLimit.requestsPerSecond ?? 0);
  const isOfPerson = current !== null && limit?.metadata?.reason !== reason;
  // The server keeps a rate in 32 bits.
  if (isOfPerson || current === (wanted && Math.fround(wanted))) return;
  const rateLimit = wanted === null ? {} : { rateLimit: { requestsPerSecond: wanted } };
  await service.updateTaskQueueConfig({ ...queue, taskQueue, updateQueueRateLimit: { ...rateLimit, reason } });
}
