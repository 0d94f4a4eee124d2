// Questions that a worker answers without spending anything, each a small workflow of its own.

import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Checkup } from '../domain/checkup.ts';
import type { JobEstimate } from '../domain/plan/estimate.ts';
import type { Validity } from '../domain/plan/validity.ts';
import type { checkWorker, estimateDataset, validateDataset } from '../workflows/questions.ts';
import { jobText } from './starting/job-text.ts';
import { listPollers, NoWorkerAnswers, type Silence, watchWorker } from './worker-answer.ts';

export interface AskOptions {
  readonly taskQueue: string;
  /** Cancels the question. The worker removes what it has written for it. */
  readonly signal?: AbortSignal;
  /** If no worker has taken the question by then, it is given up. Default: never. */
  readonly takenMs?: number;
  /** Called each time that no worker, or Temporal itself, answers any more. The question stays asked. */
  readonly onSilence?: (silence: Silence) => void;
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

/** A question that was never taken has only the events of its start. */
const eventsOfStart = 2;

/** Planning reads the whole dataset, which may take hours. */
export const askEstimate = (client: Client, job: unknown, options: AskOptions): Promise<JobEstimate> =>
  ask<typeof estimateDataset>(client, {
    ...options,
    type: 'estimateDataset',
    args: [job],
    timeout: '1 day',
    summary: `estimate: ${jobText(job, '').staticSummary}`,
  });

/** Without an id, a default output counts as free. */
export const askValidity = (
  client: Client,
  job: unknown,
  { id, ...options }: AskOptions & { readonly id?: string },
): Promise<Validity | null> =>
  ask<typeof validateDataset>(client, {
    ...options,
    type: 'validateDataset',
    args: id === undefined ? [job] : [job, id],
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

async function ask<Asked extends (...args: never[]) => Promise<unknown>>(
  client: Client,
  { type, args, timeout, summary, taskQueue, signal, takenMs, onSilence }: Question,
): Promise<Awaited<ReturnType<Asked>>> {
  const handle = await client.workflow.start(type, {
    workflowId: `nightshift-${type}-${randomUUID().slice(0, 8)}`,
    taskQueue,
    args: [...args],
    workflowExecutionTimeout: timeout,
    staticSummary: summary.slice(0, 180),
  });
  const left = Promise.withResolvers<never>();
  // A call that is left open would keep the connection from closing.
  const call = new AbortController();
  const giveUp = (): void => {
    void handle.cancel().catch(() => undefined);
    const why = new Error('given up: a worker that has begun removes what it has written');
    setTimeout(() => left.reject(why), leaveMs).unref();
  };
  signal?.addEventListener('abort', giveUp, { once: true });
  const watch = onSilence && watchWorker(client, taskQueue, handle.workflowId, onSilence);
  const timer = takenMs === undefined ? undefined : setTimeout(() => void endUntaken().catch(left.reject), takenMs);
  let silence: NoWorkerAnswers | undefined;
  const endUntaken = async (): Promise<void> => {
    const { historyLength } = await handle.describe();
    if (historyLength > eventsOfStart) return;
    silence = new NoWorkerAnswers(taskQueue, await listPollers(client, taskQueue));
    await handle.terminate('no worker has taken the question');
  };
  try {
    const result = client.withAbortSignal(call.signal, () => handle.result());
    return (await Promise.race([result, left.promise])) as Awaited<ReturnType<Asked>>;
  } catch (error) {
    throw silence ?? error;
  } finally {
    clearTimeout(timer);
    watch?.stop();
    call.abort();
    signal?.removeEventListener('abort', giveUp);
  }
}
