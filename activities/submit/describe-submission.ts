// Describes a submission to a provider: its key, and the facts by which `find` tells its batch from others.

import type { JobFile } from '../../domain/job.ts';
import { countRequests, itemsPerRequest } from '../../domain/plan/joint-requests.ts';
import { hashBatchPrefix, hashSubmissionKey } from '../../job-folder/identity.ts';
import { type Intent, isOwnedByOther, type SubmissionRef } from '../../job-folder/submission.ts';
import type { Submission } from '../../providers/provider.ts';
import type { Store } from '../../storage/store.ts';

/** The provider's clock and the Temporal server's differ: a batch may seem this much older or younger than it is. */
const clockMarginMs = 60 * 60_000;

/**
 * `firstAt` is when the first attempt at this submission began; a create of it can only have been sent before `sentBy`, and refers to the file
 * `fileId`.
 */
export function describeSubmission(
  store: Store,
  { planNonce, spec }: JobFile,
  ref: SubmissionRef,
  { firstAt, sentBy, fileId }: Pick<Intent, 'firstAt' | 'sentBy' | 'fileId'>,
): Submission {
  return {
    key: hashSubmissionKey(planNonce, ref),
    prefix: hashBatchPrefix(planNonce, ref),
    model: ref.model,
    endpoint: ref.endpoint,
    items: countRequests(ref.items, itemsPerRequest(spec, { lane: 'batch' })),
    fileId: fileId ?? null,
    since: firstAt - clockMarginMs,
    until: (sentBy ?? Number.POSITIVE_INFINITY) + clockMarginMs,
    isOwnedByOther: (id) => isOwnedByOther(store, ref, id),
  };
}
