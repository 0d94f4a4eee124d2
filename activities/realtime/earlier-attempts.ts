// Reads the journals of earlier attempts: which items are settled, and what the calls have used that no attempt reported.

import { type EarlierJournal, type JournalNote, parseNote } from '../../job-folder/journals.ts';
import { cursorLineBytesMax, lineChunks } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import type { LaneLedger } from './ledger.ts';
import type { Meter } from './meter.ts';

export interface EarlierAttempts {
  readonly store: Store;
  readonly journals: readonly EarlierJournal[];
  /** The ledger already includes calls in journals up to this number. */
  readonly counted: number;
}

/** Custom ids of items that were answered, or are not called again in this wave. Charges the ledger for what was used. */
export async function readEarlierAttempts(
  { store, journals, counted }: EarlierAttempts,
  ledger: LaneLedger,
  meter: Meter,
): Promise<Set<string>> {
  const settled = new Set<string>();
  for (const { uri, number } of journals) {
    const options = { lineBytesMax: cursorLineBytesMax, endedOnly: true };
    for await (const lines of lineChunks(store.read(uri), options)) {
      for (const { bytes } of lines) {
        if (bytes === null || bytes.length === 0) continue;
        const note = parseNote(bytes);
        const answer = note === null ? meter.read(bytes) : null;
        const customId = note === null ? (answer?.customId ?? null) : readSettledId(note);
        if (customId !== null) settled.add(customId);
        if (number <= counted) continue;
        if (note !== null) replayNote(note, ledger);
        if (answer !== null) ledger.answer(answer.customId, answer.costUsd);
      }
    }
  }
  return settled;
}

const readSettledId = (note: JournalNote): string | null =>
  note.kind === 'gaveUp' || note.kind === 'overBudget' ? note.customId : null;

function replayNote(note: JournalNote, ledger: LaneLedger): void {
  if (note.kind === 'began') ledger.begin(note.at);
  if (note.kind === 'slowed') ledger.slow(note.at, note.waitMs);
  if (note.kind === 'heard') ledger.release(note.customId);
  // A call that an earlier version noted has no time: it is not known whether it still counts.
  if (note.kind === 'sent' && note.call !== undefined) ledger.send(note.customId, note.call);
}
