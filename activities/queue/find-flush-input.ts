// Finds how a flush is started again after its job has failed or is unknown to the server.

import { readOwnIfThere } from '../../job-folder/job-file.ts';
import { jobFile, planFolder } from '../../job-folder/paths.ts';
import { flushJobFile, resultsFolder } from '../../queue-folder/paths.ts';
import type { ActivityDeps } from '../deps.ts';
import type { QueueRef } from './queue-file.ts';

export interface FlushInput extends QueueRef {
  readonly flush: number;
}

/** A job that has planned may have sent something, so another one takes its plan over. */
export async function findFlushInput(
  { store }: Pick<ActivityDeps, 'store'>,
  { output, flush }: FlushInput,
): Promise<{ readonly job: string } | { readonly resumeFrom: string }> {
  const results = resultsFolder(output, flush);
  const claimed = await readOwnIfThere(store, jobFile(results));
  if (claimed !== null) {
    for await (const _ of store.list(planFolder(results))) return { resumeFrom: results };
  }
  return { job: flushJobFile(output, flush) };
}
