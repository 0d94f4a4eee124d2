// The notes that the realtime lane writes into a batch's raw file, between the answers: a call was sent, refused, or given up.

import type { Fault } from '../domain/batch/backoff.ts';

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

/** Null if the line is a provider's: no provider's line begins like a note. */
export function parseNote(line: Buffer): JournalNote | null {
  const [, kind] = /^\{"(sent|heard|gaveUp)":"/.exec(line.subarray(0, 12).toString('latin1')) ?? [];
  if (kind !== 'sent' && kind !== 'heard' && kind !== 'gaveUp') return null;
  // Written by `noteLine`.
  const note: Record<string, string> = JSON.parse(line.toString());
  const customId = note[kind] ?? '';
  return kind === 'gaveUp' ? { kind, customId, fault: note.fault as Fault } : { kind, customId };
}
