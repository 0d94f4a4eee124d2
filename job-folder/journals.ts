// The journals of a realtime batch: one file for each activity attempt, with answers and notes.

import type { Fault } from '../domain/batch/backoff.ts';
import type { BatchRef } from '../domain/ids.ts';
import { type Journal, type Store, StoreError } from '../storage/store.ts';
import { journalFile, rawFile } from './paths.ts';

/** Times are those of the attempt's clock: milliseconds since 1970 by the Temporal server. */
export type JournalNote =
  /** The attempt's first note: earlier journals had ended by then. */
  | { readonly kind: 'began'; readonly at: number }
  | SentNote
  /** The call failed, and the provider certainly did not run it. */
  | { readonly kind: 'heard'; readonly customId: string }
  /** The provider limits the rate: no call begins for this time. */
  | { readonly kind: 'slowed'; readonly at: number; readonly waitMs: number }
  /** The item is not called again in this wave. */
  | { readonly kind: 'gaveUp'; readonly customId: string; readonly fault: Fault }
  /** The item is not called in this wave, because it would have passed a spend cap. */
  | { readonly kind: 'overBudget'; readonly customId: string };

export interface SentNote {
  readonly kind: 'sent';
  readonly customId: string;
  /** Earlier versions noted only the custom id. */
  readonly call?: PlannedCall | undefined;
}

/** The use that a call was counted with before it began. */
export interface PlannedCall {
  readonly at: number;
  readonly tokens: number;
  /** Its estimate in billionths of a US dollar; null if no price is known. */
  readonly nanoUsd: number | null;
}

export function noteLine(note: JournalNote): Buffer {
  return Buffer.from(JSON.stringify(describeNote(note)));
}

function describeNote(note: JournalNote): object {
  switch (note.kind) {
    case 'began':
      return { began: note.at };
    case 'sent':
      return { sent: note.customId, ...note.call };
    case 'slowed':
      return { slowed: note.at, waitMs: note.waitMs };
    case 'gaveUp':
      return { gaveUp: note.customId, fault: note.fault };
    case 'heard':
    case 'overBudget':
      return { [note.kind]: note.customId };
  }
}

const noteBytesMax = 200;
const itemForm = /^\{"(heard|overBudget|gaveUp)":"([^"\\]*)"(?:,"fault":"([a-z_]+)")?\}$/;
const sentForm = /^\{"sent":"([^"\\]*)"(?:,"at":(\d+),"tokens":(\d+),"nanoUsd":(\d+|null))?\}$/;
const timeForm = /^\{"(began|slowed)":(\d+)(?:,"waitMs":(\d+))?\}$/;

/** Null if the line came from a provider: such a line never looks like a note. Never throws. */
export function parseNote(line: Buffer): JournalNote | null {
  if (line.length > noteBytesMax) return null;
  const text = line.toString('latin1');
  return parseSentNote(text) ?? parseItemNote(text) ?? parseTimeNote(text);
}

function parseSentNote(text: string): JournalNote | null {
  const [, customId, at, tokens, nanoUsd] = sentForm.exec(text) ?? [];
  if (customId === undefined) return null;
  if (at === undefined) return { kind: 'sent', customId };
  const call = { at: Number(at), tokens: Number(tokens), nanoUsd: nanoUsd === 'null' ? null : Number(nanoUsd) };
  return { kind: 'sent', customId, call };
}

function parseItemNote(text: string): JournalNote | null {
  const [, kind, customId = '', fault] = itemForm.exec(text) ?? [];
  if (kind === 'heard' || kind === 'overBudget') return { kind, customId };
  return kind === 'gaveUp' && fault !== undefined ? { kind, customId, fault: fault as Fault } : null;
}

function parseTimeNote(text: string): JournalNote | null {
  const [, kind, at, waitMs] = timeForm.exec(text) ?? [];
  if (kind === 'began') return { kind, at: Number(at) };
  return kind === 'slowed' && waitMs !== undefined ? { kind, at: Number(at), waitMs: Number(waitMs) } : null;
}

/** A journal of an earlier attempt; its writer may still be alive. */
export interface EarlierJournal {
  readonly uri: string;
  /** Counts from 1; 0 is the one journal that earlier versions had for all attempts. */
  readonly number: number;
}

interface OwnJournal {
  readonly journal: Journal;
  readonly number: number;
  /** In the order of their creation. */
  readonly earlier: readonly EarlierJournal[];
}

/**
 * Creates a journal that no other attempt writes to: two workers on a network file system cannot cut each other's lines. The journals are
 * numbered without a gap, and creating the file wins the number. So all lower numbers exist for certain, whatever a file system's cache says
 * about them.
 */
export async function beginJournal(store: Store, ref: BatchRef): Promise<OwnJournal> {
  for (let number = 1; ; number += 1) {
    const uri = journalFile(ref, number);
    const journal = (await store.head(uri)) === null ? await createOrNull(store, uri) : null;
    if (journal !== null) return { journal, number, earlier: await listEarlier(store, ref, number) };
  }
}

/** All journals of a batch. Adds an empty one, which proves that there are no more. */
export async function listJournals(store: Store, ref: BatchRef): Promise<readonly EarlierJournal[]> {
  const { journal, earlier } = await beginJournal(store, ref);
  await journal.close();
  return earlier;
}

async function listEarlier(store: Store, ref: BatchRef, number: number): Promise<EarlierJournal[]> {
  const shared = (await store.head(rawFile(ref))) === null ? [] : [{ uri: rawFile(ref), number: 0 }];
  const own = Array.from({ length: number - 1 }, (_, index) => ({
    uri: journalFile(ref, index + 1),
    number: index + 1,
  }));
  return [...shared, ...own];
}

/** Null if another attempt has created it meanwhile. */
async function createOrNull(store: Store, uri: string): Promise<Journal | null> {
  try {
    return await store.journal(uri);
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'exists') return null;
    throw error;
  }
}
