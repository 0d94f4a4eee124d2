// Yields a job's status each time it changes, until the job ends.

import type { WorkflowHandle } from '@temporalio/client';
import { type JobStatus, withoutFuture } from '../domain/progress/status.ts';
import { statusQuery } from '../workflows/messages.ts';

/** Milliseconds between two queries. */
const queryEveryMs = 1000;
/** After the job has ended, its last status is nice to have. Waits no longer than this for it. */
const lastQueryMs = 2000;

export async function* followJob(handle: WorkflowHandle): AsyncGenerator<JobStatus> {
  let running = true;
  const end = (): void => {
    running = false;
  };
  const ended = handle.result().then(end, end);
  let shown = '';
  const changed = (status: JobStatus | null): status is JobStatus => {
    const text = JSON.stringify(status);
    const isNew = status !== null && text !== shown;
    shown = text;
    return isNew;
  };
  const queryStatus = (): Promise<JobStatus | null> => handle.query(statusQuery, Date.now()).catch(() => null);
  while (running) {
    // Without a worker nothing answers the query, but the job may still end, for example when it is terminated.
    const status = await Promise.race([queryStatus(), ended.then(() => null)]);
    if (running && changed(status)) yield status;
    await Promise.race([ended, pause(queryEveryMs)]);
  }
  const last = await Promise.race([queryStatus(), pause(lastQueryMs).then(() => null)]);
  const final = last === null ? null : withoutFuture(last);
  if (changed(final)) yield final;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
