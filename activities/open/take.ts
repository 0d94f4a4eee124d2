// Takes the output of an earlier job that sent nothing: removes its files, so that the new job begins there as in an empty folder.

import { batchWorkflowId } from '../../domain/ids.ts';
import type { JobFile } from '../../domain/job.ts';
import { batchesPerSegment } from '../../domain/limits.ts';
import { isOwnedBy, type Owner, readClaimed, replaceJobFile, winTakeover } from '../../job-folder/claim.ts';
import { fenceStore } from '../../job-folder/fence.ts';
import { findForeignFile, holdsSent, isLeftover, removeLeftovers } from '../../job-folder/leftovers.ts';
import { readSummary } from '../../job-folder/plan/manifest.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';

type TakeDeps = Pick<ActivityDeps, 'store' | 'cluster'>;

/** Whether the folder holds this run's job, complete and not refused: then it continues. */
export const isOwnJob = (job: JobFile, owner: Owner): boolean =>
  isOwnedBy(job.claim, owner) && job.refused === undefined && job.clearing === undefined;

/**
 * Whether the earlier job has ended, or gave up its claim, and neither it nor a child of it has sent or can still send anything. An earlier
 * attempt of this run may have stopped while it took the output.
 */
export async function mayTake(
  { store, cluster }: TakeDeps,
  owner: Owner,
  output: string,
  old: JobFile,
): Promise<boolean> {
  const { workflowId, firstRunId } = old.claim;
  const isFree = old.refused !== undefined || isOwnedBy(old.claim, owner);
  if (!isFree && (await cluster.isOpen(workflowId, firstRunId))) return false;
  if (await holdsSent(store, output)) return false;
  if ((await findForeignFile(store, output, isLeftover)) !== null) return false;
  return !(await hasOpenChild({ store, cluster }, output, workflowId));
}

/** If several take the folder at the same instant, one succeeds. Returns the job that has the output then. */
export async function takeOutput(deps: TakeDeps, old: JobFile, job: JobFile): Promise<JobFile> {
  const { output } = job.spec;
  const winner = await winTakeover(deps.store, output, old.takenOver.length, job.claim, (owner) =>
    deps.cluster.isOpen(owner.workflowId, owner.firstRunId),
  );
  if (!isOwnedBy(winner, job.claim)) return { ...old, claim: winner };
  // Since `old` was read, an earlier winner may have begun its job and ended.
  const now = await readClaimed(deps.store, output);
  if (now === null || now === 'not_ours' || now.claim.nonce !== old.claim.nonce) return old;
  if (!(await mayTake(deps, job.claim, output, now))) return now;
  return replaceJob(deps.store, now, { ...job, takenOver: [...now.takenOver, now.claim] });
}

/**
 * Claims first, then removes, then writes the job. From the claim on, what the earlier job left running writes and sends nothing. Directly
 * before each step, the claim is checked: while this attempt hung, another attempt of this activity may have taken the output and begun to
 * plan.
 */
async function replaceJob(store: Store, old: JobFile, job: JobFile): Promise<JobFile> {
  const { output } = job.spec;
  await replaceJobFile(fenceStore(store, { output, nonce: old.claim.nonce }), output, { ...job, clearing: true });
  const fenced = fenceStore(store, { output, nonce: job.claim.nonce });
  // An activity of the earlier job may have recorded an intent meanwhile, so it may also send.
  if (await holdsSent(store, output)) {
    await replaceJobFile(fenced, output, old);
    return old;
  }
  await removeLeftovers(fenced, output);
  await replaceJobFile(fenced, output, job);
  return job;
}

/** A job's end only asks its children to end. Batches are started in the plan's order, so an open child without answers is among the first. */
async function hasOpenChild({ store, cluster }: TakeDeps, output: string, workflowId: string): Promise<boolean> {
  const plan = await readSummary(store, output, 1);
  for (let batch = 1; batch <= Math.min(plan?.batches ?? 0, batchesPerSegment); batch += 1) {
    if (await cluster.isOpen(batchWorkflowId(workflowId, 1, batch))) return true;
  }
  return false;
}
