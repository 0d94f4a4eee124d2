// Distinguishes a batch that is gone from an API key of another account: asks the provider about other batches of the job.

import { cancellationSignal } from '@temporalio/activity';
import type { BatchHandle } from '../../domain/batch/state.ts';
import { readOthersOwned } from '../../job-folder/submission.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Store } from '../../storage/store.ts';

/** Enough to decide: it is most unlikely that exactly these batches are gone and no others. */
const othersMax = 3;
/** For all these calls together: a poll and these calls fit into the time of one try. */
const callsMs = 20_000;

/** Whether the provider finds none of the job's batches. Says no if the job has no other batch, or if a call fails in another way. */
export async function findsNoOther(store: Store, provider: Provider, output: string, id: string): Promise<boolean> {
  const others = await readOthersOwned(store, output, id, othersMax);
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(callsMs)]);
  for (const other of others) if (!(await isNotFound(provider, other, signal))) return false;
  return others.length > 0;
}

async function isNotFound(provider: Provider, handle: BatchHandle, signal: AbortSignal): Promise<boolean> {
  try {
    await provider.poll(handle, { signal });
    return false;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return error.facts.fault === 'not_found';
  }
}
