// The durable record of how a planned batch becomes a provider's batch: the intent before a create, the handle after it.

import { setTimeout } from 'node:timers/promises';
import type { BatchHandle } from '../domain/batch/state.ts';
import type { BatchRef, JobRef } from '../domain/ids.ts';
import { InvariantBroken } from '../domain/refusal.ts';
import { writeJson } from '../storage/lines/json-lines.ts';
import { type Store, StoreError, type WriteOptions } from '../storage/store.ts';
import { readOwn, readOwnIfThere, readOwnVersion } from './job-file.ts';
import {
  givenUpFile,
  handleFile,
  intentFile,
  isHandleFile,
  ownedFile,
  ownedFolder,
  parseHandleFile,
  planFolder,
} from './paths.ts';

/** One planned batch when it is submitted, and the facts of its requests file from the manifest. */
export interface SubmissionRef extends BatchRef, JobRef {
  /** How many earlier provider batches of it ended without running anything. */
  readonly ordinal: number;
  readonly items: number;
  readonly bytes: number;
  readonly crc32: string;
  readonly model: string;
  readonly endpoint: string;
}

/** `batch-NNNN.intent.json`: a create may have been sent, and its reply is not recorded. Times are the Temporal server's, in milliseconds. */
export interface Intent {
  readonly ordinal: number;
  /** The create attempt that wrote it. An attempt withdraws only its own intent. */
  readonly by: string;
  /** When the first attempt of this ordinal that may have created a batch began: an older batch cannot be its own. */
  readonly firstAt: number;
  /** When this attempt began. Absent if an earlier version wrote it. */
  readonly startedAt?: number;
  /** After this time, no create of the attempt can reach the provider. Too early by the time that the attempt waited for a worker. */
  readonly overAt: number;
  /** When its first find began: by then every create of it had been sent. Absent before that. */
  readonly sentBy?: number | undefined;
  /** The uploaded file that the create refers to; null if it carries the items. Absent if an earlier version wrote it. */
  readonly fileId?: string | null | undefined;
  /** Of the account to which the create is sent. Absent if an earlier version wrote it. */
  readonly accountMark?: string;
}

/** `batch-NNNN.handle.json`: the provider batch that the batch became. */
export interface HandleRecord {
  readonly ordinal: number;
  readonly handle: BatchHandle;
  /** How many further batches were found for the same submission and cancelled, over all ordinals. */
  readonly twins: number;
  /** The twins of this ordinal. A folder of an older version does not name them. */
  readonly twinHandles?: readonly BatchHandle[];
  /** Handles of earlier ordinals: those batches ran nothing, but their files at the provider must also be deleted. */
  readonly earlier: readonly BatchHandle[];
}

/** One provider batch's worth of a planned batch. */
type SubmissionName = BatchRef & Pick<SubmissionRef, 'ordinal'>;

/** `plan/owned/HEX.owner.json`: the submission that owns this provider batch, as its own or as a twin. */
interface OwnedRecord {
  readonly id: string;
  readonly wave: number;
  readonly batch: number;
  readonly ordinal: number;
  /** Of the account that made or found it. Absent if it is not known. */
  readonly accountMark?: string;
}

export const readIntent = (store: Store, ref: BatchRef): Promise<Intent | null> =>
  readOwnIfThere<Intent>(store, intentFile(ref));

export async function writeIntent(store: Store, ref: BatchRef, intent: Intent, options?: WriteOptions): Promise<void> {
  await writeJson(store, intentFile(ref), intent, options);
}

export const removeIntent = (store: Store, ref: BatchRef): Promise<void> => store.remove(intentFile(ref));

/** `batch-NNNN.given-up.json`: several finds saw nothing of a create without a reply, so the ordinal is created again. */
interface GivenUp extends Pick<Intent, 'ordinal' | 'firstAt' | 'sentBy' | 'fileId'> {
  /** How many creates of the batch were given up, over all ordinals. */
  readonly times: number;
}

/** Null if no create of this ordinal was given up. */
export async function readGivenUp(store: Store, ref: SubmissionRef): Promise<GivenUp | null> {
  const last = await readOwnIfThere<GivenUp>(store, givenUpFile(ref));
  return last?.ordinal === ref.ordinal ? last : null;
}

export async function countGivenUp(store: Store, ref: BatchRef): Promise<number> {
  return (await readOwnIfThere<GivenUp>(store, givenUpFile(ref)))?.times ?? 0;
}

/** Recorded before the intent is removed, so that the next create also searches for this one. */
export async function giveUpIntent(
  store: Store,
  ref: BatchRef,
  { ordinal, firstAt, sentBy, fileId }: Intent,
  times: number,
): Promise<void> {
  const givenUp: GivenUp = { ordinal, firstAt, sentBy, fileId, times };
  await writeJson(store, givenUpFile(ref), givenUp);
  await removeIntent(store, ref);
}

export const readHandle = (store: Store, ref: BatchRef): Promise<HandleRecord | null> =>
  readOwnIfThere<HandleRecord>(store, handleFile(ref));

/**
 * Keeps the twins and handles of earlier ordinals. The provider batches are marked as owned first, so readers of the handle can rely on the
 * marks. Returns null, and records no handle, if another submission owns one of them. If a late attempt has a batch for an ordinal that already
 * has one, its batch becomes a twin. A record that another worker writes meanwhile is kept: on a shared folder, it may not be visible yet.
 */
export async function recordHandle(
  store: Store,
  ref: SubmissionRef,
  handle: BatchHandle,
  twinHandles: readonly BatchHandle[],
  accountMark?: string,
): Promise<HandleRecord | null> {
  for (const { id } of [handle, ...twinHandles]) if (!(await own(store, { ...ref, accountMark }, id))) return null;
  for (let looks = 1; ; looks += 1) {
    const { value: before, version } = await readOwnVersion<HandleRecord>(store, handleFile(ref));
    const record = joinRecords(before, ref.ordinal, [handle, ...twinHandles]);
    try {
      await writeJson(store, handleFile(ref), record, { ifVersion: version });
      return record;
    } catch (error) {
      if (!(error instanceof StoreError) || error.problem !== 'changed') throw error;
      if (looks === looksMax) throw notSeen(ref, handle);
      await setTimeout(lookAgainMs);
    }
  }
}

/** A minute in all. */
const [lookAgainMs, looksMax] = [500, 120];

const notSeen = (ref: BatchRef, { id }: BatchHandle): InvariantBroken =>
  new InvariantBroken(
    `${handleFile(ref)} exists, and this worker does not see it after a minute; ${id} is not recorded: the data root must show a new file to all workers immediately`,
  );

function joinRecords(before: HandleRecord | null, ordinal: number, handles: readonly BatchHandle[]): HandleRecord {
  const [handle, ...twinHandles] = handles as readonly [BatchHandle, ...BatchHandle[]];
  if (before === null || before.ordinal < ordinal) {
    return {
      ordinal,
      handle,
      twins: twinHandles.length + (before?.twins ?? 0),
      twinHandles,
      earlier: before === null ? [] : [...before.earlier, before.handle, ...(before.twinHandles ?? [])],
    };
  }
  const known = [before.handle, ...(before.twinHandles ?? [])];
  const more = handles.filter(({ id }) => !known.some((each) => each.id === id));
  const twins = [...(before.twinHandles ?? []), ...more];
  return { ...before, twins: before.twins + more.length, twinHandles: twins };
}

/** Whether another submission of the job owns this provider batch. Reads one small file at most, however many batches the job has. */
export async function isOwnedByOther(store: Store, ref: SubmissionName, id: string): Promise<boolean> {
  const owned = await readOwnIfThere<OwnedRecord>(store, ownedFile(ref.output, id));
  return owned !== null && !isSameSubmission(owned, ref);
}

/** The batch of the job that owns this provider batch; null if none does. */
export async function findOwner(
  store: Store,
  output: string,
  id: string,
): Promise<Pick<BatchRef, 'wave' | 'batch'> | null> {
  const owned = await readOwnIfThere<OwnedRecord>(store, ownedFile(output, id));
  return owned?.id === id ? { wave: owned.wave, batch: owned.batch } : null;
}

/**
 * Some provider batches of the job other than this one, if one is given, and only of this account, if one is given. Otherwise reads two small files
 * for each, however many batches the job has.
 */
export async function readOthersOwned(
  store: Store,
  output: string,
  { id = null, accountMark }: { readonly id?: string | null; readonly accountMark?: string | undefined },
  max: number,
): Promise<BatchHandle[]> {
  const others: BatchHandle[] = [];
  for await (const { uri } of store.list(ownedFolder(output))) {
    if (others.length === max) break;
    if (id !== null && uri === ownedFile(output, id)) continue;
    const owned = await readOwn<OwnedRecord>(store, uri);
    if (accountMark !== undefined && owned.accountMark !== accountMark) continue;
    const record = await readHandle(store, { output, wave: owned.wave, batch: owned.batch });
    // A crash between the mark and the handle leaves a mark without a handle.
    const other = listHandles(record).find((handle) => handle.id === owned.id);
    if (other !== undefined) others.push(other);
  }
  return others;
}

export const listHandles = (record: HandleRecord | null): readonly BatchHandle[] =>
  record === null ? [] : [record.handle, ...(record.twinHandles ?? []), ...record.earlier];

/** Marks the provider batches in the handle files, because an earlier version wrote handles without marks. Existing marks stay. */
export async function markOwned(store: Store, output: string): Promise<void> {
  for await (const { uri } of store.list(planFolder(output))) {
    const ref = isHandleFile(uri) ? parseHandleFile(output, uri) : null;
    if (ref === null) continue;
    const { ordinal, handle, twinHandles = [], earlier } = await readOwn<HandleRecord>(store, uri);
    for (const { id } of [handle, ...twinHandles]) await own(store, { ...ref, ordinal }, id);
    for (const { id } of earlier) await own(store, { ...ref, ordinal: ordinal - 1 }, id);
  }
}

/** False if another submission owns the provider batch. If several try at the same instant, one succeeds. */
async function own(
  store: Store,
  ref: SubmissionName & { readonly accountMark?: string | undefined },
  id: string,
): Promise<boolean> {
  const { output, wave, batch, ordinal, accountMark } = ref;
  const uri = ownedFile(output, id);
  const record: OwnedRecord = { id, wave, batch, ordinal, ...(accountMark === undefined ? {} : { accountMark }) };
  try {
    await writeJson(store, uri, record, { ifAbsent: true });
    return true;
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
    return isSameSubmission(await readOwn<OwnedRecord>(store, uri), ref);
  }
}

const isSameSubmission = (owned: OwnedRecord, { wave, batch, ordinal }: SubmissionName): boolean =>
  owned.wave === wave && owned.batch === batch && owned.ordinal === ordinal;
