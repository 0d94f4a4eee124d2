// A job's status, whenever it has changed, until the job ends.

import type { WorkflowHandle } from '@temporalio/client';
import type { JobStatus } from '../domain/progress/status.ts';
import { statusQuery } from '../workflows/messages.ts';

/** Milliseconds between two looks. */
const lookEveryMs = 1000;
/** The last look is for completeness' sake: it is not waited for longer than this. */
const lastLookMs = 2000;

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
  const look = (): Promise<JobStatus | null> => handle.query(statusQuery).catch(() => null);
  while (running) {
    // A worker that is gone answers nothing, and the job may end all the same.
    const status = await Promise.race([look(), ended.then(() => null)]);
    if (running && changed(status)) yield status;
    await Promise.race([ended, pause(lookEveryMs)]);
  }
  const last = await Promise.race([look(), pause(lastLookMs).then(() => null)]);
  if (changed(last)) yield last;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
