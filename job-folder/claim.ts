// The claim: which workflow owns an output folder. `job.json` holds it. When a job's workflow is gone, `takeover-N.json` files
// decide which one of several workflows takes the folder over.

import type { Claim, JobFile } from '../domain/job.ts';
import type { JobRefused } from '../domain/refusal.ts';
import { readJson, writeJson } from '../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../storage/store.ts';
import { createOrRead } from './job-file.ts';
import { jobFile, takeoverFile } from './paths.ts';

/** A workflow and its first run: a retried or reset workflow keeps what it owns. */
export type Owner = Pick<Claim, 'workflowId' | 'firstRunId'>;

/** 128 bits: names hashed with them belong only to this job's batches. */
export const nonceBytes = 16;

export const makeClaim = ({ workflowId, firstRunId }: Owner, nonce: string, now: number): Claim => ({
  workflowId,
  firstRunId,
  nonce,
  claimedAt: new Date(now).toISOString(),
});

export const isOwnedBy = (claim: Owner, owner: Owner): boolean =>
  claim.workflowId === owner.workflowId && claim.firstRunId === owner.firstRunId;

/** The job that has claimed an output; null if none has; `not_ours` if Nightshift did not write the folder's `job.json`. */
export async function readClaimed(store: Store, output: string): Promise<JobFile | 'not_ours' | null> {
  try {
    const value: unknown = await readJson(store, jobFile(output));
    return holdsClaim(value) ? value : 'not_ours';
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.problem === 'missing') return null;
    if (error.problem === 'unreadable') return 'not_ours';
    throw error;
  }
}

/**
 * Creates `job.json` only if there is none, so that two jobs never share an output. Returns the file's content after that, as `readClaimed`
 * does.
 */
export async function claimOutput(store: Store, job: JobFile): Promise<JobFile | 'not_ours' | null> {
  const { output } = job.spec;
  try {
    await writeJson(store, jobFile(output), job, { ifAbsent: true });
    return job;
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
    return readClaimed(store, output);
  }
}

/**
 * Decides who takes a folder over after `earlier` takeovers: creates the next `takeover-N.json` only if there is none. Returns the winner's
 * claim, which is this one, or that of a workflow that is still open. Skips a winner that ended before it wrote its claim into `job.json`.
 */
export async function winTakeover(
  store: Store,
  output: string,
  earlier: number,
  claim: Claim,
  isOpen: (owner: Owner) => Promise<boolean>,
): Promise<Claim> {
  for (let takeover = earlier + 1; ; takeover += 1) {
    const winner = await createOrRead(store, takeoverFile(output, takeover), claim);
    if (isOwnedBy(winner, claim) || (await isOpen(winner))) return winner;
  }
}

/** Replaces `job.json` after a takeover was won. */
export async function replaceJobFile(store: Store, output: string, job: JobFile): Promise<void> {
  await writeJson(store, jobFile(output), job);
}

/** Only Nightshift writes a claim, and a file appears whole or not at all: the rest of the file is trusted. */
function holdsClaim(value: unknown): value is JobFile {
  if (typeof value !== 'object' || value === null || !('claim' in value) || !('spec' in value)) return false;
  const { claim } = value;
  if (typeof claim !== 'object' || claim === null) return false;
  return ['workflowId', 'firstRunId', 'nonce'].every((name) => typeof Reflect.get(claim, name) === 'string');
}

/** Records that planning refused the job, so that another job may take its output. Does nothing if another job already has. */
export async function giveUpClaim(store: Store, output: string, { nonce }: Claim, refused: JobRefused): Promise<void> {
  const now = await readClaimed(store, output);
  if (now === null || now === 'not_ours' || now.claim.nonce !== nonce) return;
  const { kind, problems } = refused;
  await replaceJobFile(store, output, { ...now, refused: { kind, problems } });
}
