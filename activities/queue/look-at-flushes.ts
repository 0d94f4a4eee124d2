// Looks how the jobs of flushes are doing. A queue does not wait for them itself, because it continues as new for ever.

import type { EndedFlush } from '../../domain/queue/state.ts';
import { flushWorkflowId } from '../../domain/queue/state.ts';
import type { JobReport } from '../../domain/report/report.ts';
import { readOwnIfThere } from '../../job-folder/job-file.ts';
import { reportFile } from '../../job-folder/paths.ts';
import { resultsFolder, sealedFile } from '../../queue-folder/paths.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import type { QueueRef } from './queue-file.ts';
import type { SealedFlush } from './seal-flush.ts';

export interface LookInput extends QueueRef {
  readonly name: string;
  readonly flushes: readonly number[];
}

export type SeenFlush =
  | { readonly kind: 'running' | 'absent'; readonly flush: number }
  | { readonly kind: 'failed'; readonly flush: number; readonly message: string }
  | ({ readonly kind: 'ended' } & Omit<EndedFlush, 'endedAt' | 'items'>);

export async function lookAtFlushes(deps: ActivityDeps, input: LookInput): Promise<readonly SeenFlush[]> {
  const seen: SeenFlush[] = [];
  for (const flush of input.flushes) seen.push(await lookAt(deps, input, flush));
  return seen;
}

async function lookAt(
  { store, cluster }: Pick<ActivityDeps, 'store' | 'cluster'>,
  { output, name }: LookInput,
  flush: number,
): Promise<SeenFlush> {
  const { state, message, startedAt } = await cluster.findEnd(flushWorkflowId(name, flush));
  if (state === 'running') return { kind: 'running', flush };
  // A job writes its report last, also if it was cancelled. It outlives the server's retention.
  const report = await readOwnIfThere<JobReport>(store, reportFile(resultsFolder(output, flush)));
  if (report !== null) {
    const { rows, cost } = report;
    const end = state === 'cancelled' ? 'cancelled' : 'completed';
    return { kind: 'ended', flush, end, answered: rows.answered, failed: rows.failed, usd: cost.usd };
  }
  const isAbsent = state === 'absent' || (await isOlder(store, sealedFile(output, flush), startedAt));
  if (isAbsent) return { kind: 'absent', flush };
  return { kind: 'failed', flush, message: message ?? `its job ended as ${state} without a report` };
}

/**
 * A job that began before the flush was made is not the flush's: the queue had another folder then, whose flushes had the same ids. Both times
 * are the server's.
 */
async function isOlder(store: Store, sealed: string, startedAt: number | undefined): Promise<boolean> {
  if (startedAt === undefined) return false;
  const flush = await readOwnIfThere<SealedFlush>(store, sealed);
  return flush !== null && startedAt < flush.at;
}
