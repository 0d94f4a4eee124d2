// Whose an output is, and how a job takes over the output of one whose workflow is gone.

import { activityInfo } from '@temporalio/activity';
import { type BatchRef, batchWorkflowId } from '../../domain/ids.ts';
import type { Claim, JobFile, JobSpec } from '../../domain/job.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { JobRefused, type RefusalKind } from '../../domain/refusal.ts';
import type { TakenOver } from '../../input/resume.ts';
import { readOwn, readOwnIfThere } from '../../job-folder/own-file.ts';
import { jobFile, reportFile, takeoverFile } from '../../job-folder/paths.ts';
import { writeJson } from '../../storage/lines/json-lines.ts';
import { StoreError } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { TryAgain } from '../failure.ts';
import type { OpenInput } from './open.ts';

export const isOurs = (claim: Claim, input: OpenInput): boolean =>
  claim.workflowId === input.workflowId && claim.firstRunId === input.firstRunId;

export const newClaim = (deps: ActivityDeps, { workflowId, firstRunId }: OpenInput, nonce: string): Claim => ({
  workflowId,
  firstRunId,
  nonce,
  claimedAt: new Date(deps.now()).toISOString(),
});

/** Takes over a job whose workflow is gone: its plan, its batches, its answers and its nonce, under a new claim. */
export async function resume(
  deps: ActivityDeps,
  input: OpenInput,
  from: string,
  change: (old: JobSpec) => TakenOver,
): Promise<JobFile> {
  const refuse = (kind: RefusalKind, message: string): JobRefused =>
    new JobRefused(kind, [{ where: 'resumeFrom', message }]);
  const old = await readOwnIfThere<JobFile>(deps.store, jobFile(from));
  if (old === null) throw refuse('nothing_to_resume', `${from} holds no job`);
  if (isOurs(old.claim, input)) return old;
  if ((await deps.store.head(reportFile(from))) !== null) {
    throw refuse('nothing_to_resume', `${from} is finished: carry its answers over with \`reuse\``);
  }
  if (await deps.cluster.isOpen(old.claim.workflowId, old.claim.firstRunId)) {
    throw refuse('still_running', `${old.claim.workflowId} still runs: cancel or terminate it first`);
  }
  const taken = change(old.spec);
  if (taken.kind === 'problems') throw new JobRefused('invalid_job', taken.problems);
  const next = newClaim(deps, input, old.claim.nonce);
  await winTakeover(deps, from, old.takenOver.length + 1, next, input);
  const job: JobFile = { ...old, claim: next, takenOver: [...old.takenOver, old.claim], spec: taken.spec };
  await writeJson(deps.store, jobFile(from), job);
  return job;
}

/** Only one of several that want the same job gets it. */
async function winTakeover(
  deps: ActivityDeps,
  from: string,
  takeover: number,
  claim: Claim,
  input: OpenInput,
): Promise<void> {
  const uri = takeoverFile(from, takeover);
  try {
    await writeJson(deps.store, uri, { ...claim } satisfies Json, { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
    const winner = await readOwn<Claim>(deps.store, uri);
    if (isOurs(winner, input)) return;
    // One that died before it could write its claim down is passed over.
    if (!(await deps.cluster.isOpen(winner.workflowId, winner.firstRunId))) {
      await winTakeover(deps, from, takeover + 1, claim, input);
    } else {
      throw new JobRefused('still_running', [
        { where: 'resumeFrom', message: `${winner.workflowId} is taking this job over already` },
      ]);
    }
  }
}

/** How often it is asked whether a batch of an earlier owner has come to its end. */
const askAgainMs = 5_000;

/**
 * The job that was taken over may have left children that still bring their batches to an end. Until the one with this batch has, what
 * it will write is not known, and nothing may be sent again.
 */
export async function awaitEarlierOwners(deps: ActivityDeps, job: JobFile, { wave, batch }: BatchRef): Promise<void> {
  for (const { workflowId } of job.takenOver) {
    const child = batchWorkflowId(workflowId, wave, batch);
    // Under the same id there is one child at a time, and the window waits for it; and nobody waits for himself.
    if (workflowId === job.claim.workflowId || child === activityInfo().workflowExecution?.workflowId) continue;
    if (!(await deps.cluster.isOpen(child))) continue;
    throw new TryAgain(`${child} of the job that was taken over comes to its end first`, askAgainMs);
  }
}

/** Tried again until the workflow has ended: tries cost its history nothing. */
export async function untilClosed(deps: ActivityDeps, { workflowId }: { readonly workflowId: string }): Promise<void> {
  if (await deps.cluster.isOpen(workflowId)) throw new TryAgain(`${workflowId} has not ended yet`, askAgainMs);
}
