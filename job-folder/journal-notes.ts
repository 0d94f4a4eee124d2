// What the realtime lane notes in its journal beside the answers: what was about to be sent, what was heard of it, and what was given up.

import type { Fault } from '../domain/batch/backoff.ts';

export type JournalNote =
  | { readonly kind: 'sent'; readonly customId: string }
  /** The provider said that it did not do it: nothing is in doubt. */
  | { readonly kind: 'heard'; readonly customId: string }
  | { readonly kind: 'gaveUp'; readonly customId: string; readonly fault: Fault };

export function noteLine(note: JournalNote): Buffer {
  const fault = note.kind === 'gaveUp' ? { fault: note.fault } : {};
  return Buffer.from(JSON.stringify({ [note.kind]: note.customId, ...fault }));
}

/** Null where the line is a provider's: no provider's line begins like a note. */
export function parseNote(line: Buffer): JournalNote | null {
  const [, kind] = /^\{"(sent|heard|gaveUp)":"/.exec(line.subarray(0, 12).toString('latin1')) ?? [];
  if (kind !== 'sent' && kind !== 'heard' && kind !== 'gaveUp') return null;
  // Written by `noteLine`.
  const note: Record<string, string> = JSON.parse(line.toString());
  const customId = note[kind] ?? '';
  return kind === 'gaveUp' ? { kind, customId, fault: note.fault as Fault } : { kind, customId };
}
