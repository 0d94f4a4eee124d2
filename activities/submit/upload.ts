// Uploads a batch's requests file to the provider, before the batch is created from it. Registered as the activity `stage`.

import { cancellationSignal } from '@temporalio/activity';
import type { Staged } from '../../domain/batch/state.ts';
import { itemsPerRequest } from '../../domain/plan/joint-requests.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { requestsFile } from '../../job-folder/paths.ts';
import type { SubmissionRef } from '../../job-folder/submission.ts';
import type { RequestFile } from '../../providers/provider.ts';
import { computeCrc32 } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { startClock } from '../clock.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { awaitEarlierOwners } from '../earlier-owners.ts';
import { heartbeating } from '../heartbeat.ts';
import { describeSubmission } from './describe-submission.ts';
import { withJointFile } from './joint-file.ts';
import { withRequestsFile } from './requests-file.ts';

/** May be repeated: a second upload costs one more file at the provider, and no batch. */
export async function upload(
  deps: Pick<
    ActivityDeps,
    'store' | 'cluster' | 'provider' | 'transfers' | 'now' | 'elapsed' | 'scratch' | 'randomHex'
  >,
  input: SubmissionRef,
): Promise<Staged> {
  const { store } = deps;
  const job = await readJobFile(store, input);
  await awaitEarlierOwners(deps, job, input);
  await checkRequests(store, input);
  const provider = requireProvider(deps, job);
  const { startedAt } = startClock(deps);
  // An upload does not search, so the time does not matter.
  const submission = describeSubmission(store, job, input, { firstAt: startedAt });
  const perRequest = itemsPerRequest(job.spec, { lane: 'batch' });
  return heartbeating(job.timing, (ctx) => {
    const send = (file: RequestFile): Promise<Staged> => provider.upload(file, submission, ctx);
    const joint = { name: `${submission.key}.jsonl`, perRequest };
    return deps.transfers(() =>
      perRequest === 1
        ? withRequestsFile(store, input, submission, send)
        : withJointFile(deps, input, provider, joint, send),
    );
  });
}

/** Only the planned bytes are paid for: a file that is torn or was changed is not sent. */
async function checkRequests(store: Store, ref: SubmissionRef): Promise<void> {
  const uri = requestsFile(ref);
  if ((await computeCrc32(store, uri, cancellationSignal())) === ref.crc32) return;
  throw new InvariantBroken(`${uri} changed after it was planned: restore it, or cancel the job and start a new one`);
}
