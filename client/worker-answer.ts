// Questions that only a worker can answer, bounded in time: Temporal itself waits for long before it says that no worker is there.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { explainServerFailure, isAway } from '../domain/server-failure.ts';
import { findFailingTask, TaskFails } from './overview/failing-task.ts';

/** A worker, as the server's list of those that poll a task queue shows it. */
export interface Poller {
  readonly identity: string;
  readonly lastPollAt: number;
}

export interface WaitOptions {
  /** How long to wait for a worker's answer. Default: 10 s. */
  readonly waitMs?: number;
  /** Ends the call. */
  readonly signal?: AbortSignal;
}

export const answerMsDefault = 10_000;

/** Temporal's number for the queue of workflow tasks. */
const workflowTasks = 1;
/** A worker polls at least once a minute, so one that has been silent for longer is gone. The server drops it from its list only later. */
const silentMsMax = 75_000;

export class NoWorkerAnswers extends Error {
  override readonly name = 'NoWorkerAnswers';
  readonly taskQueue: string;
  /** Whether the server has seen a worker in the last minute. */
  readonly isPolled: boolean;

  constructor(taskQueue: string, pollers: readonly Poller[]) {
    super(describeSilence(taskQueue, pollers, Date.now()));
    this.taskQueue = taskQueue;
    this.isPolled = pollers.length > 0;
  }
}

/** The server itself was there, and is gone. */
class ServerLost extends Error {
  override readonly name = 'ServerLost';
  constructor() {
    super('Temporal does not answer any more: waiting for it; jobs continue when it is back');
  }
}

/** Why the answers of a job stopped. */
export type Silence = NoWorkerAnswers | TaskFails | ServerLost;

/** `rate` is what a person or a worker has set for the queue, in tasks a second; null if nobody has. */
export async function describeQueue(
  client: Client,
  taskQueue: string,
  taskQueueType: number,
): Promise<{ readonly pollers: readonly Poller[]; readonly rate: number | null }> {
  const { pollers, config } = await client.connection.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType,
    reportConfig: true,
  });
  const limit = config?.queueRateLimit?.rateLimit;
  return {
    pollers: (pollers ?? [])
      .map(({ identity, lastAccessTime }) => ({
        identity: identity ?? '',
        lastPollAt: Number(String(lastAccessTime?.seconds ?? 0)) * 1000,
      }))
      .filter(({ lastPollAt }) => Date.now() - lastPollAt < silentMsMax),
    rate: limit == null ? null : (limit.requestsPerSecond ?? 0),
  };
}

export const listPollers = async (client: Client, taskQueue: string): Promise<readonly Poller[]> =>
  (await describeQueue(client, taskQueue, workflowTasks)).pollers;

/**
 * Throws `NoWorkerAnswers` immediately if no worker polls the task queue, and after `waitMs` if none answers: the server's list still has a worker
 * that died a moment ago.
 */
export async function awaitWorker<Answer>(
  client: Client,
  taskQueue: string,
  ask: () => Promise<Answer>,
  { waitMs = answerMsDefault, signal }: WaitOptions = {},
): Promise<Answer> {
  const pollers = await listPollers(client, taskQueue);
  if (pollers.length === 0) throw new NoWorkerAnswers(taskQueue, []);
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NoWorkerAnswers(taskQueue, pollers)), waitMs);
  // A call that is left open would keep the connection from closing for half a minute.
  const call = new AbortController();
  try {
    const either = signal === undefined ? call.signal : AbortSignal.any([call.signal, signal]);
    return await Promise.race([client.withAbortSignal(either, ask), tooLate]);
  } finally {
    clearTimeout(timer);
    call.abort();
  }
}

/** Queries a running workflow. If a failing task keeps it from answering, rejects with that task. */
export async function askWorkflow<Answer>(
  client: Client,
  handle: WorkflowHandle,
  ask: (handle: WorkflowHandle) => Promise<Answer>,
  options?: WaitOptions,
): Promise<Answer> {
  const { taskQueue } = await handle.describe();
  try {
    return await awaitWorker(client, taskQueue, () => ask(handle), options);
  } catch (error) {
    throw await explainNoAnswer(client, handle.workflowId, error);
  }
}

/** A question about a job that got no answer: the failing task that is the reason, or the error as it is. */
export async function explainNoAnswer(client: Client, workflowId: string, error: unknown): Promise<unknown> {
  if (error instanceof NoWorkerAnswers && !error.isPolled) return error;
  return (await findFailingTask(client, workflowId).catch(() => null)) ?? error;
}

/** A worker answers it for every workflow, without any code of the workflow. */
const metadataQuery = '__temporal_workflow_metadata';
const firstMs = 1000;
const silentAfterMs = 3000;
const betweenMs = 4000;

/**
 * Asks a running workflow again and again what only a worker can answer, and calls `onSilence` each time that the answers stop. The server's list of
 * workers is not enough: it still has one that died a moment ago. The caller ends it with `stop`.
 */
export function watchWorker(
  client: Client,
  taskQueue: string,
  workflowId: string,
  onSilence: (silence: Silence) => void,
): { readonly stop: () => void } {
  const stopped = new AbortController();
  const { signal } = stopped;
  const ask = (): Promise<unknown> => client.workflow.getHandle(workflowId).query(metadataQuery);
  const watch = async (): Promise<void> => {
    let last: string | null = null;
    for (let pauseMs = firstMs; ; pauseMs = betweenMs) {
      await sleep(pauseMs, undefined, { signal, ref: false });
      const silence = await findSilence(client, taskQueue, workflowId, ask, signal);
      // The words name seconds that pass.
      if (silence !== null && silence.name !== last && !signal.aborted) onSilence(silence);
      last = silence === null ? null : silence.name;
    }
  };
  // It ends only with the pause that `stop` ends.
  watch().catch(() => undefined);
  return { stop: () => stopped.abort() };
}

/** Null if a worker answers. */
async function findSilence(
  client: Client,
  taskQueue: string,
  workflowId: string,
  ask: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<Silence | null> {
  if (await isServerLost(client, taskQueue)) return new ServerLost();
  try {
    await awaitWorker(client, taskQueue, ask, { waitMs: silentAfterMs, signal });
    return null;
  } catch (error) {
    const why = await explainNoAnswer(client, workflowId, error);
    return why instanceof NoWorkerAnswers || why instanceof TaskFails ? why : null;
  }
}

/** Without a deadline, the SDK would try for half a minute before it says so. */
async function isServerLost(client: Client, taskQueue: string): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + silentAfterMs, () => listPollers(client, taskQueue));
    return false;
  } catch (error) {
    return isAway(explainServerFailure(error));
  }
}

function describeSilence(taskQueue: string, pollers: readonly Poller[], now: number): string {
  const [last] = pollers.toSorted((a, b) => b.lastPollAt - a.lastPollAt);
  if (last === undefined) return `no worker polls task queue ${taskQueue}`;
  const seconds = Math.max(0, Math.round((now - last.lastPollAt) / 1000));
  return `no worker answers on task queue ${taskQueue}: ${last.identity} polled it last, ${seconds} s ago`;
}
