// Yields a job's status each time it changes, until the job ends.

import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { type JobStatus, withoutFuture } from '../domain/progress/status.ts';
import { explainServerFailure, isAway } from '../domain/server-failure.ts';
import { statusQuery } from '../workflows/messages.ts';

/** Milliseconds between two queries. */
const queryEveryMs = 1000;
/** After the job has ended, its last status is nice to have. Waits no longer than this for it. */
const lastQueryMs = 2000;

export async function* followJob(handle: WorkflowHandle): AsyncGenerator<JobStatus> {
  let running = true;
  const left = new AbortController();
  const ended = awaitEnd(handle, left.signal).then(() => {
    running = false;
  });
  let shown = '';
  const changed = (status: JobStatus | null): status is JobStatus => {
    const text = JSON.stringify(status);
    const isNew = status !== null && text !== shown;
    shown = text;
    return isNew;
  };
  const queryStatus = (): Promise<JobStatus | null> => handle.query(statusQuery, Date.now()).catch(() => null);
  try {
    while (running) {
      // Without a worker nothing answers the query, but the job may still end, for example when it is terminated.
      const status = await Promise.race([queryStatus(), ended.then(() => null)]);
      if (running && changed(status)) yield status;
      await Promise.race([ended, pause(queryEveryMs)]);
    }
  } finally {
    left.abort();
  }
  const last = await Promise.race([queryStatus(), pause(lastQueryMs).then(() => null)]);
  const final = last === null ? null : withoutFuture(last);
  if (changed(final)) yield final;
}

/** A server that is gone for a while has not ended the job. Without one nothing else keeps the process alive, so these pauses do. */
async function awaitEnd(handle: WorkflowHandle, left: AbortSignal): Promise<void> {
  while (!left.aborted) {
    try {
      await handle.result();
      return;
    } catch (error) {
      // A failed job may have any words.
      if (error instanceof WorkflowFailedError || !isAway(explainServerFailure(error))) return;
      await sleep(queryEveryMs, undefined, { signal: left }).catch(() => undefined);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
