// Questions that a worker answers without spending anything, each a small workflow of its own; and which workers there are.

import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Checkup } from '../domain/checkup.ts';
import type { JobEstimate } from '../domain/plan/estimate.ts';
import type { checkWorker, estimateDataset, validateDataset } from '../workflows/questions.ts';
import { jobText } from './job-text.ts';

export interface AskOptions {
  readonly taskQueue: string;
  /** Cancels the question. The worker removes what it has written for it. */
  readonly signal?: AbortSignal;
}

interface Question extends AskOptions {
  readonly type: 'estimateDataset' | 'validateDataset' | 'checkWorker';
  readonly args: readonly unknown[];
  /** The question ends after this, even if no worker takes it. */
  readonly timeout: '1 minute' | '1 day';
  readonly summary: string;
}

/** After a question is given up, its worker gets this long to clean up. A worker that is not there has started nothing. */
const leaveMs = 3000;

/** Temporal's number for the queue of workflow tasks. */
const workflowTasks = 1;
/** A worker polls at least once a minute, so one that has been silent for longer is gone. The server drops it from its list only later. */
const silentMsMax = 75_000;

/** Planning reads the whole dataset, which may take hours. */
export const askEstimate = (client: Client, job: unknown, options: AskOptions): Promise<JobEstimate> =>
  ask<typeof estimateDataset>(client, {
    ...options,
    type: 'estimateDataset',
    args: [job],
    timeout: '1 day',
    summary: `estimate: ${jobText(job, '').staticSummary}`,
  });

export const askValidity = (client: Client, job: unknown, options: AskOptions): Promise<void> =>
  ask<typeof validateDataset>(client, {
    ...options,
    type: 'validateDataset',
    args: [job],
    timeout: '1 minute',
    summary: `validate: ${jobText(job, '').staticSummary}`,
  });

export const askCheckup = (client: Client, options: AskOptions): Promise<Checkup> =>
  ask<typeof checkWorker>(client, {
    ...options,
    type: 'checkWorker',
    args: [],
    timeout: '1 minute',
    summary: 'a checkup',
  });

/** The identities of the workers that poll a task queue. */
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

async function ask<Asked extends (...args: never[]) => Promise<unknown>>(
  client: Client,
  { type, args, timeout, summary, taskQueue, signal }: Question,
): Promise<Awaited<ReturnType<Asked>>> {
  const handle = await client.workflow.start(type, {
    workflowId: `nightshift-${type}-${randomUUID().slice(0, 8)}`,
    taskQueue,
    args: [...args],
    workflowExecutionTimeout: timeout,
    staticSummary: summary.slice(0, 180),
  });
  const left = Promise.withResolvers<never>();
  const giveUp = (): void => {
    void handle.cancel().catch(() => undefined);
    const why = new Error('given up: a worker that has begun removes what it has written');
    setTimeout(() => left.reject(why), leaveMs).unref();
  };
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    return (await Promise.race([handle.result(), left.promise])) as Awaited<ReturnType<Asked>>;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}
