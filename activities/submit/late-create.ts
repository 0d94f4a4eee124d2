// Searches for the batch of a create that was sent late: its attempt was suspended, and another one has replaced it meanwhile.

import { sleep } from '@temporalio/activity';
import type { JobFile } from '../../domain/job.ts';
import { recordHandle, type SubmissionRef } from '../../job-folder/submission.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Provider, Submission } from '../../providers/provider.ts';
import type { Store } from '../../storage/store.ts';

/** A list may lag behind: the search runs after so many times the settling time. */
const settleFactors = [1, 5, 15] as const;

/** Where the late search looks, and for which submission. */
interface LateCreate {
  readonly records: Store;
  readonly job: JobFile;
  readonly provider: Provider;
  readonly input: SubmissionRef;
  readonly intent: { readonly accountMark: string };
}

/**
 * Temporal has given this attempt up and drops its result, so a batch that it finds is recorded as a twin, which the next poll of the batch
 * sees. Ends early if the worker stops.
 */
export async function searchLate(
  { records, job, provider, input, intent: { accountMark } }: LateCreate,
  submission: Submission,
): Promise<void> {
  for (const factor of settleFactors) {
    await sleep(factor * job.timing.settleMs);
    try {
      const signal = AbortSignal.timeout(job.timing.createCallMs);
      const { confirmed } = await provider.find({ ...submission, untried: false }, { signal });
      const [oldest, ...others] = confirmed;
      if (oldest !== undefined) await recordHandle(records, input, oldest, others, accountMark);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
    }
  }
}
