// The durable record of how a planned batch becomes a provider's batch: the intent before a create, the handle after it.

import type { BatchHandle } from '../domain/batch/state.ts';
import type { BatchRef, JobRef } from '../domain/ids.ts';
import { writeJson } from '../storage/lines/json-lines.ts';
import type { Store, WriteOptions } from '../storage/store.ts';
import { readOwnIfThere } from './job-file.ts';
import { handleFile, intentFile, isHandleFile, planFolder } from './paths.ts';

/** One planned batch as it is submitted, and the facts of its requests file that the manifest recorded. */
export interface SubmissionRef extends BatchRef, JobRef {
  /** How many provider batches were made from it before that ended without running anything. */
  readonly ordinal: number;
  readonly items: number;
  readonly bytes: number;
  readonly crc32: string;
  readonly endpoint: string;
}

/** `batch-NNNN.intent.json`: a create may have been sent, and its reply is not recorded. Times are milliseconds. */
export interface Intent {
  readonly ordinal: number;
  /** The create attempt that wrote it. An attempt withdraws an intent only if it is still its own. */
  readonly by: string;
  /** When the first attempt of this ordinal began: an older batch cannot be its batch. */
  readonly firstAt: number;
  /** After this, no create of the attempt can reach the provider any more. */
  readonly overAt: number;
}

/** `batch-NNNN.handle.json`: which provider batch it became. */
export interface HandleRecord {
  readonly ordinal: number;
  readonly handle: BatchHandle;
  /** How many further batches were found for the same submission and cancelled, over all ordinals. */
  readonly twins: number;
  /** Those of this ordinal. A folder of an older version does not name them. */
  readonly twinHandles?: readonly BatchHandle[];
  /** Handles of earlier ordinals: those batches ran nothing, but their files at the provider must be deleted too. */
  readonly earlier: readonly BatchHandle[];
}

export const readIntent = (store: Store, ref: BatchRef): Promise<Intent | null> =>
  readOwnIfThere<Intent>(store, intentFile(ref));

export async function writeIntent(store: Store, ref: BatchRef, intent: Intent, options?: WriteOptions): Promise<void> {
  await writeJson(store, intentFile(ref), intent, options);
}

export const removeIntent = (store: Store, ref: BatchRef): Promise<void> => store.remove(intentFile(ref));

export const readHandle = (store: Store, ref: BatchRef): Promise<HandleRecord | null> =>
  readOwnIfThere<HandleRecord>(store, handleFile(ref));

/** Keeps the twins and handles of earlier ordinals. */
export async function recordHandle(
  store: Store,
  ref: SubmissionRef,
  handle: BatchHandle,
  twinHandles: readonly BatchHandle[],
): Promise<HandleRecord> {
  const before = await readHandle(store, ref);
  const record: HandleRecord = {
    ordinal: ref.ordinal,
    handle,
    twins: twinHandles.length + (before?.twins ?? 0),
    twinHandles,
    earlier: before === null ? [] : [...before.earlier, before.handle, ...(before.twinHandles ?? [])],
  };
  await writeJson(store, handleFile(ref), record);
  return record;
}

/** The provider ids of the job's other batches. Reads every handle file of the job. */
export async function listOtherBatchIds(store: Store, ref: BatchRef): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  const own = handleFile(ref);
  for await (const { uri } of store.list(planFolder(ref.output))) {
    if (!isHandleFile(uri) || uri === own) continue;
    const record = await readOwnIfThere<HandleRecord>(store, uri);
    if (record !== null) ids.add(record.handle.id);
  }
  return ids;
}
