// Puts a batch's requests where the provider wants them, before the batch is created from them.

import { cancellationSignal } from '@temporalio/activity';
import type { Staged } from '../../domain/batch/state.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { readJobFile, requireProvider } from '../../job-folder/job-file.ts';
import { readOwnIfThere } from '../../job-folder/own-file.ts';
import { requestsFile, tallyFile } from '../../job-folder/paths.ts';
import { describeSubmission, readHandle, type SubmissionRef } from '../../job-folder/submission.ts';
import { computeCrc32 } from '../../storage/lines/json-lines.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { awaitEarlierOwners } from '../open/take-over.ts';

import { withRequests } from './requests-file.ts';

export type StageResult =
  | { readonly kind: 'answered'; readonly tally: Tally }
  | { readonly kind: 'staged'; readonly staged: Staged };

/** Puts the requests where the provider wants them. May be repeated: a second upload is only a file too many. */
export async function stage(deps: ActivityDeps, input: SubmissionRef): Promise<StageResult> {
  // A batch that was started again after its answers were in.
  const job = await readJobFile(deps, input.output);
  await awaitEarlierOwners(deps, job, input);
  const tally = await readOwnIfThere<Tally>(deps.store, tallyFile(input));
  if (tally !== null) return { kind: 'answered', tally };
  const known = await readHandle(deps, input);
  if (known !== null && known.ordinal >= input.ordinal) {
    return { kind: 'staged', staged: { fileId: known.handle.fileId } };
  }
  await checkRequests(deps, input);
  const submission = await describeSubmission(deps, job, input, deps.now());
  const provider = requireProvider(deps, job);
  const staged = await heartbeating(job.timing, (ctx) =>
    deps.transfers(() => withRequests(deps, input, submission, (file) => provider.upload(file, submission, ctx))),
  );
  return { kind: 'staged', staged };
}

/** What was planned is what is paid for: a file that is torn or was changed is not sent. */
async function checkRequests({ store }: ActivityDeps, input: SubmissionRef): Promise<void> {
  const uri = requestsFile(input);
  if ((await computeCrc32(store, uri, cancellationSignal())) === input.crc32) return;
  throw new InvariantBroken(`${uri} is not as it was planned: restore it, or cancel the job and start it anew`);
}
