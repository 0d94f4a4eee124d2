// Reads back the small JSON files that Nightshift itself wrote into a job's folder, above all `job.json`.

import type { JobRef } from '../domain/ids.ts';
import type { Claim, JobFile } from '../domain/job.ts';
import { JobRefused } from '../domain/refusal.ts';
import { readJson, writeJson } from '../storage/lines/json-lines.ts';
import { isMissing, type Store, StoreError } from '../storage/store.ts';
import { jobFile } from './paths.ts';

/**
 * The resolved spec. Every activity uses it, so that a deploy does not change a running job. Fails if the folder has another claim by now: an
 * activity that a terminated workflow left behind, or a workflow that was reset after a takeover, must not touch it.
 */
export async function readJobFile(store: Store, { output, nonce }: JobRef): Promise<JobFile> {
  const job = await readOwn<JobFile>(store, jobFile(output));
  const { claim } = job;
  if (claim.nonce === nonce) return job;
  throw new JobRefused('taken_over', [{ where: 'output', message: describeTakeover(claim, { output, nonce }) }]);
}

/** Fails as `readJobFile` does. For an activity that read `job.json` some time ago, directly before a step that cannot be undone. */
export async function requireClaim(store: Store, ref: JobRef): Promise<void> {
  await readJobFile(store, ref);
}

function describeTakeover({ workflowId, claimedAt }: Claim, { output, nonce }: Partial<JobRef>): string {
  // Missing only in the input of an activity that an earlier version scheduled.
  if (nonce === undefined) {
    return `this job began under an earlier version: terminate it, and continue it in a new job with \`resumeFrom\`: ${output}`;
  }
  return `${output} was taken over by ${workflowId} (${claimedAt}), so this job does nothing more in it`;
}

/** Trusts the file's shape without checking it: only Nightshift writes into an output folder. Fails with `missing` if there is no file. */
export async function readOwn<T>(store: Store, uri: string): Promise<T> {
  return (await readJson(store, uri)) as unknown as T;
}

/** Like `readOwn`, but null if there is no file. */
export async function readOwnIfThere<T>(store: Store, uri: string): Promise<T | null> {
  try {
    return await readOwn<T>(store, uri);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** With the version that the file had just before, for a write that depends on it. Both are null if there is no file. */
export async function readOwnVersion<T>(store: Store, uri: string) {
  const stored = await store.head(uri);
  if (stored === null) return { value: null, version: null };
  return { value: await readOwn<T>(store, uri), version: stored.version };
}

/** If several create the same file at the same instant, one succeeds; the others read what it wrote. */
export async function createOrRead<T>(store: Store, uri: string, content: T): Promise<T> {
  try {
    await writeJson(store, uri, content, { ifAbsent: true });
    return content;
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
    return readOwn<T>(store, uri);
  }
}
