// The journals of a realtime batch: one file for each activity attempt, and the notes that stand in them between the answers.

import type { Fault } from '../domain/batch/backoff.ts';
import type { BatchRef } from '../domain/ids.ts';
import { type Journal, type Store, StoreError } from '../storage/store.ts';
import { journalFile, rawFile } from './paths.ts';

export type JournalNote =
  | { readonly kind: 'sent'; readonly customId: string }
  /** The call failed in a way that leaves no doubt: the provider did not run it. */
  | { readonly kind: 'heard'; readonly customId: string }
  /** Not called again in this wave. */
  | { readonly kind: 'gaveUp'; readonly customId: string; readonly fault: Fault };

export function noteLine(note: JournalNote): Buffer {
  const fault = note.kind === 'gaveUp' ? { fault: note.fault } : {};
  return Buffer.from(JSON.stringify({ [note.kind]: note.customId, ...fault }));
}

const noteBytesMax = 200;
const noteForm = /^\{"(sent|heard|gaveUp)":"([^"\\]*)"(?:,"fault":"([a-z_]+)")?\}$/;

/** Null if the line is a provider's: no provider's line looks like a note. Never throws. */
export function parseNote(line: Buffer): JournalNote | null {
  if (line.length > noteBytesMax) return null;
  const [, kind, customId = '', fault] = noteForm.exec(line.toString('latin1')) ?? [];
  if (kind === 'sent' || kind === 'heard') return { kind, customId };
  return kind === 'gaveUp' && fault !== undefined ? { kind, customId, fault: fault as Fault } : null;
}

interface OwnJournal {
  readonly journal: Journal;
  /** The journals of earlier attempts, in the order of their creation. Their writers may still live. */
  readonly earlier: readonly string[];
}

/**
 * Creates a journal that no other attempt writes to: two workers on a network file system cannot cut each other's lines. The journals are
 * numbered without a gap, and the number is won by creating the file: so all lower numbers exist for certain, whatever a file system's
 * cache says about them.
 */
export async function beginJournal(store: Store, ref: BatchRef): Promise<OwnJournal> {
  for (let number = 1; ; number += 1) {
    const uri = journalFile(ref, number);
    const journal = (await store.head(uri)) === null ? await createOrNull(store, uri) : null;
    if (journal !== null) return { journal, earlier: await listEarlier(store, ref, number) };
  }
}

/** All journals of a batch. Adds an empty one, which is how it knows that there are no more. */
export async function listJournals(store: Store, ref: BatchRef): Promise<readonly string[]> {
  const { journal, earlier } = await beginJournal(store, ref);
  await journal.close();
  return earlier;
}

/** Earlier versions had one journal for all attempts. */
async function listEarlier(store: Store, ref: BatchRef, number: number): Promise<string[]> {
  const shared = (await store.head(rawFile(ref))) === null ? [] : [rawFile(ref)];
  return [...shared, ...Array.from({ length: number - 1 }, (_, index) => journalFile(ref, index + 1))];
}

/** Null if another attempt has created it since. */
async function createOrNull(store: Store, uri: string): Promise<Journal | null> {
  try {
    return await store.journal(uri);
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'exists') return null;
    throw error;
  }
}
