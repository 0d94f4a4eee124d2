// `batch-NNNN.ended.json`: how each provider batch of a planned batch ended, and what was read of it. On disk before anyone acts on it.

import type { EndedBatch, Reading } from '../domain/batch/evidence.ts';
import type { BatchRef } from '../domain/ids.ts';
import { writeJson } from '../storage/lines/json-lines.ts';
import type { Store } from '../storage/store.ts';
import { readOwnIfThere, readOwnVersion } from './job-file.ts';
import { endedFile } from './paths.ts';

/** What is known of one provider batch. Null where it has not ended, or was not read. */
export interface BatchEvidence {
  readonly ended: EndedBatch | null;
  /** When it was first seen to have ended, in milliseconds. */
  readonly endedSeenAt: number | null;
  readonly reading: Reading | null;
  /** What the provider wrote about the lines that it refused, or about the whole batch. Absent if it wrote nothing. */
  readonly details?: readonly LineDetail[];
}

export interface LineDetail {
  /** Counts from 1 in the requests file; null where it concerns the whole batch. */
  readonly line: number | null;
  readonly detail: string;
}

/** By the provider's id. */
type Evidence = Readonly<Record<string, BatchEvidence>>;

export const noEvidence: BatchEvidence = { ended: null, endedSeenAt: null, reading: null };

export async function readEvidence(store: Store, ref: BatchRef): Promise<Evidence> {
  return (await readOwnIfThere<Evidence>(store, endedFile(ref))) ?? {};
}

/** Of all provider batches that were made of the planned batch: of each line, and of the whole batch under null, the last message. */
export async function readDetails(store: Store, ref: BatchRef): Promise<ReadonlyMap<number | null, string>> {
  const all = Object.values(await readEvidence(store, ref)).flatMap(({ details }) => details ?? []);
  return new Map(all.map(({ line, detail }) => [line, detail]));
}

/** Adds to what is known of one provider batch. A planned batch has one workflow, whose activities come one after another. */
export async function recordEvidence(
  store: Store,
  ref: BatchRef,
  id: string,
  change: Partial<BatchEvidence>,
): Promise<BatchEvidence> {
  const { value, version } = await readOwnVersion<Evidence>(store, endedFile(ref));
  const next = { ...noEvidence, ...value?.[id], ...change };
  await writeJson(store, endedFile(ref), { ...value, [id]: next }, { ifVersion: version });
  return next;
}
