// Asks the provider to stop a batch. What it had finished is still to be collected: this is not the end of the batch.

import { cancellationSignal } from '@temporalio/activity';
import type { BatchHandle } from '../../domain/batch/state.ts';
import { readJobFile, requireProvider } from '../../job-folder/job-file.ts';
import type { ActivityDeps, JobRef } from '../deps.ts';

export async function cancelBatch(deps: ActivityDeps, input: JobRef & { readonly handle: BatchHandle }): Promise<void> {
  const job = await readJobFile(deps, input.output);
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(30_000)]);
  await requireProvider(deps, job).cancel(input.handle, { signal });
}
