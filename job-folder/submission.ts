// The durable record of how a planned batch becomes a provider's batch: the intent before a create, the handle after it.

import type { ActivityDeps } from '../activities/deps.ts';
import type { BatchHandle } from '../domain/batch/state.ts';
import { type BatchRef, batchIdentity, submissionIdentity, submissionKey } from '../domain/ids.ts';
import type { JobFile } from '../domain/job.ts';
import type { Submission } from '../providers/provider.ts';
import { writeJson } from '../storage/lines/json-lines.ts';
import type { WriteOptions } from '../storage/store.ts';
import { hashHex } from './identity.ts';
import { readOwnIfThere } from './own-file.ts';
import { handleFile, intentFile, planFolder } from './paths.ts';

/** Clocks differ, here and there: a batch may seem this much older than it is. */
const clockMarginMs = 60 * 60_000;

/** Which batch of which plan, and how many times a provider batch was made of it that then ran nothing. */
export interface SubmissionRef extends BatchRef {
  readonly ordinal: number;
  readonly items: number;
  readonly bytes: number;
  readonly crc32: string;
  readonly endpoint: string;
}

/** `batch-NNNN.intent.json`. */
export interface Intent {
  readonly ordinal: number;
  /** Which attempt wrote it: only that one may take it back. */
  readonly by: string;
  readonly firstAt: number;
  /** From then on nothing of the attempt can reach the provider any more. */
  readonly overAt: number;
}

/** `batch-NNNN.handle.json`. */
export interface HandleRecord {
  readonly ordinal: number;
  readonly handle: BatchHandle;
  readonly twins: number;
  /** Handles of earlier ordinals: they ran nothing, but their files are to be deleted too. */
  readonly earlier: readonly BatchHandle[];
}

export const readIntent = (deps: ActivityDeps, ref: BatchRef): Promise<Intent | null> =>
  readOwnIfThere<Intent>(deps.store, intentFile(ref));
export const writeIntent = (
  deps: ActivityDeps,
  ref: BatchRef,
  intent: Intent,
  options?: WriteOptions,
): Promise<unknown> => writeJson(deps.store, intentFile(ref), intent, options);
export const closeIntent = (deps: ActivityDeps, ref: BatchRef): Promise<void> => deps.store.remove(intentFile(ref));

export const readHandle = (deps: ActivityDeps, ref: BatchRef): Promise<HandleRecord | null> =>
  readOwnIfThere<HandleRecord>(deps.store, handleFile(ref));

export async function recordHandle(
  deps: ActivityDeps,
  ref: SubmissionRef,
  handle: BatchHandle,
  twins: number,
): Promise<HandleRecord> {
  const before = await readHandle(deps, ref);
  const record: HandleRecord = {
    ordinal: ref.ordinal,
    handle,
    twins: twins + (before?.twins ?? 0),
    earlier: before === null ? [] : [...before.earlier, before.handle],
  };
  await writeJson(deps.store, handleFile(ref), record);
  return record;
}

export async function describeSubmission(
  deps: ActivityDeps,
  job: JobFile,
  ref: SubmissionRef,
  firstAt: number,
): Promise<Submission> {
  const { nonce } = job.claim;
  const since = firstAt - clockMarginMs;
  return {
    key: submissionKey(hashHex(submissionIdentity(nonce, ref.wave, ref.batch, ref.ordinal), 32)),
    prefix: hashHex(batchIdentity(nonce, ref.wave, ref.batch), 8),
    endpoint: ref.endpoint,
    items: ref.items,
    since,
    // Only a vendor whose batches are told apart by their size needs it: it reads every handle of the job.
    known:
      deps.provider(job.spec.provider)?.limits.distinctCounts === true ? await listKnownHandles(deps, ref) : new Set(),
  };
}

/** The provider ids of this job's other batches. */
async function listKnownHandles(deps: ActivityDeps, ref: BatchRef): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  const own = handleFile(ref);
  for await (const { uri } of deps.store.list(planFolder(ref.output))) {
    if (!uri.endsWith('.handle.json') || uri === own) continue;
    const record = await readOwnIfThere<HandleRecord>(deps.store, uri);
    if (record !== null) known.add(record.handle.id);
  }
  return known;
}
