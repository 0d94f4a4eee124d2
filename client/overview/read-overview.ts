// Everything about one job: what Temporal knows of it, how it ended, and, if a worker answers in time, what it is doing.

import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { readInnermostMessage } from '../../domain/innermost-message.ts';
import { type JobStatus, withoutFuture } from '../../domain/progress/status.ts';
import { statusQuery } from '../../workflows/messages.ts';
import { type ListedJob, listedJob } from '../job-list.ts';
import { answerMsDefault, awaitWorker, explainNoAnswer, type WaitOptions } from '../worker-answer.ts';
import { findBlock } from './account-queues.ts';
import { type CollectedBatch, correctNextPoll, listCollecting } from './collecting.ts';
import { type FailingCall, findFailingCall } from './failing-calls.ts';
import { listPendingCalls } from './pending-calls.ts';
import { findWebUi, linkJob } from './web-ui.ts';

/** The fields of `JobStatus` are absent if no worker answered. Of a job that ended, they are its last ones. */
export interface JobOverview extends Partial<Omit<JobStatus, keyof ListedJob>>, ListedJob {
  readonly taskQueue: string;
  /** Why the job failed or was terminated; null otherwise. */
  readonly error: string | null;
  /** Why no worker answered; null if one did. */
  readonly silence: string | null;
  /** A call that fails and is made again and again; null if none is known. */
  readonly failingCall: FailingCall | null;
  /** The batches whose output is being read; empty if there are none. The first 20 of a job, or of each of its segments, are looked through. */
  readonly collecting: readonly CollectedBatch[];
  /** Why no call of the running job reaches the provider; null if calls do, or if no worker answered. */
  readonly blocked: string | null;
  /** Null if it is not known where the Web UI is. */
  readonly webUi: string | null;
}

export async function readOverview(
  client: Client,
  handle: WorkflowHandle,
  { waitMs = answerMsDefault, webUi = null }: WaitOptions & { readonly webUi?: string | null } = {},
): Promise<JobOverview> {
  const description = await handle.describe();
  const { workflowId, runId, taskQueue } = description;
  const job = listedJob(description);
  const [error, answer, calls] = await Promise.all([
    readError(handle, job),
    askStatus(client, handle, taskQueue, waitMs),
    job.state === 'running' ? listPendingCalls(client, workflowId, description) : [],
  ]);
  const [failingCall, collecting] = await Promise.all([findFailingCall(client, calls), listCollecting(client, calls)]);
  const queues = job.state === 'running' ? (answer.status?.accountQueues ?? []) : [];
  const base = findWebUi(client, webUi);
  return {
    ...(answer.status === null ? {} : ownFields(job, answer.status, collecting)),
    ...job,
    ...(answer.status === null ? {} : mergeStatus(job, answer.status)),
    taskQueue,
    error,
    silence: answer.silence,
    failingCall,
    collecting,
    blocked: await findBlock(client, queues),
    webUi: base === null ? null : linkJob(base, client.options.namespace, workflowId, runId),
  };
}

/** A status is of the whole job, also if the job has continued as new. */
function mergeStatus(job: ListedJob, { phase, startedAt, costUsd }: JobStatus): Partial<ListedJob> {
  return {
    phase: job.state === 'running' || phase === 'done' ? phase : null,
    startedAt: new Date(startedAt).toISOString(),
    costUsd: job.costUsd ?? costUsd,
  };
}

function ownFields(
  { state }: ListedJob,
  { phase: _, startedAt: __, costUsd: ___, ...status }: JobStatus,
  collecting: readonly CollectedBatch[],
) {
  if (state !== 'running') return withoutFuture(status);
  return { ...status, nextLookAt: correctNextPoll(status, collecting, Date.now()) };
}

/** Null if the job runs, completed or was cancelled. */
async function readError(handle: WorkflowHandle, { state }: ListedJob): Promise<string | null> {
  if (state === 'running' || state === 'completed' || state === 'cancelled') return null;
  try {
    await handle.result();
    return null;
  } catch (error) {
    if (error instanceof WorkflowFailedError) return readInnermostMessage(error);
    throw error;
  }
}

interface Answer {
  readonly status: JobStatus | null;
  readonly silence: string | null;
}

async function askStatus(client: Client, handle: WorkflowHandle, taskQueue: string, waitMs: number): Promise<Answer> {
  try {
    const status = await awaitWorker(client, taskQueue, () => handle.query(statusQuery, Date.now()), { waitMs });
    return { status, silence: null };
  } catch (error) {
    const why = await explainNoAnswer(client, handle.workflowId, error);
    return { status: null, silence: readInnermostMessage(why as Error) };
  }
}
