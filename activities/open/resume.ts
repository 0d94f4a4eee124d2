// Resumes a job whose workflow is gone: takes over its plan, its batches and its answers, under a new claim.

import type { JobFile, JobSpec } from '../../domain/job.ts';
import { choosePolicy } from '../../domain/outcome/verdict.ts';
import { JobRefused, type RefusalKind } from '../../domain/refusal.ts';
import type { TakenOver } from '../../input/resume.ts';
import {
  isOwnedBy,
  makeClaim,
  nonceBytes,
  type Owner,
  readClaimed,
  replaceJobFile,
  winTakeover,
} from '../../job-folder/claim.ts';
import { fenceStore } from '../../job-folder/fence.ts';
import { jobFile, reportFile } from '../../job-folder/paths.ts';
import { markOwned } from '../../job-folder/submission.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';

/** `change` gives the spec under which the job continues. The same run finds the job that it took over before. */
export async function resumeJob(
  deps: Pick<ActivityDeps, 'store' | 'cluster' | 'now' | 'randomHex' | 'provider' | 'timing'>,
  owner: Owner,
  from: string,
  change: (old: JobSpec) => TakenOver,
): Promise<JobFile> {
  const { store, cluster, now, randomHex } = deps;
  const isOpen = ({ workflowId, firstRunId }: Owner): Promise<boolean> => cluster.isOpen(workflowId, firstRunId);
  const old = await readClaimed(store, from);
  if (old === null) throw refuse('nothing_to_resume', `${from} holds no job`);
  if (old === 'not_ours') throw refuse('nothing_to_resume', `${jobFile(from)} was not written by Nightshift`);
  if (isOwnedBy(old.claim, owner)) return old;
  if (old.clearing !== undefined) {
    throw refuse('nothing_to_resume', `${from} holds nothing that was sent: start the job again with this \`output\``);
  }
  if ((await store.head(reportFile(from))) !== null) {
    throw refuse('nothing_to_resume', `${from} is finished: carry its answers over with \`reuse\``);
  }
  if (await isOpen(old.claim)) {
    throw refuse('still_running', `${old.claim.workflowId} is still running: cancel or terminate it first`);
  }
  const taken = change(old.spec);
  if (taken.kind === 'problems') throw new JobRefused('invalid_job', taken.problems);

  const claim = makeClaim(owner, randomHex(nonceBytes), now());
  const winner = await winTakeover(store, from, old.takenOver.length, claim, isOpen);
  if (!isOwnedBy(winner, owner)) {
    throw refuse('still_running', `${winner.workflowId} is already taking this job over`);
  }
  await markOwned(store, from);
  // Planning is tried again: the dataset may have been restored.
  const { refused: _, ...kept } = old;
  const job: JobFile = {
    ...kept,
    claim,
    takenOver: [...old.takenOver, old.claim],
    spec: taken.spec,
    policy: taken.spec.retry.flawed === old.spec.retry.flawed ? old.policy : choosePolicy(taken.spec.retry),
    // A folder of an older version lacks some settings.
    planNonce: old.planNonce ?? old.claim.nonce,
    timing: { ...deps.timing, ...old.timing },
    proofs: old.proofs ?? requireProvider(deps, old).proofs,
  };
  await replaceJobFile(fenceStore(store, { output: from, nonce: old.claim.nonce }), from, job);
  return job;
}

const refuse = (kind: RefusalKind, message: string): JobRefused =>
  new JobRefused(kind, [{ where: 'resumeFrom', message }]);
