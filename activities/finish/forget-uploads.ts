// Deletes a batch's uploaded requests files at the provider when its answers are durable: its storage is limited, and a job may have many batches.
// The batch and its outputs stay until the end of the job, so that a workflow that was reset can still poll and read them.

import { cancellationSignal } from '@temporalio/activity';
import type { BatchRef } from '../../domain/ids.ts';
import type { JobFile } from '../../domain/job.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { listHandles, readHandle } from '../../job-folder/submission.ts';
import { ProviderError } from '../../providers/error.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';

/** For all of its files: mostly one. */
const callsMs = 10_000;

/** Best effort: what is left here is deleted, or counted as left, at the end of the job. */
export async function forgetUploads(
  deps: Pick<ActivityDeps, 'store' | 'provider'>,
  job: JobFile,
  ref: BatchRef,
  tally: Tally,
): Promise<void> {
  const provider = requireProvider(deps, job);
  if (provider.forgetFile === undefined || job.spec.keep.providerFiles || isInDoubt(tally)) return;
  const files = new Set(listHandles(await readHandle(deps.store, ref)).map(({ fileId }) => fileId));
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(callsMs)]);
  try {
    for (const fileId of files) if (fileId !== null) await provider.forgetFile(fileId, { signal });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
  }
}

/** The provider may have answered a batch in doubt and charged for it. A person is asked to check it there, so nothing of it is deleted. */
export const isInDoubt = ({ rejected }: Pick<Tally, 'rejected'>): boolean => (rejected.in_doubt ?? 0) > 0;
