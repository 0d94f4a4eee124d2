// Writes a batch's answers in row order: each line joins the line of its item with the item's outcome.

import type { BatchRef } from '../../domain/ids.ts';
import { isPending } from '../../domain/maybe-promise.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { answersFile, itemsFile } from '../../job-folder/paths.ts';
import { lineCursor, lineWriter } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { beatOnLine } from '../heartbeat.ts';

/** `outcomeAt` gives the outcome of the item at a place, from 0, as JSON. If it throws, no file is left. */
export async function writeAnswers(
  store: Store,
  ref: BatchRef,
  items: number,
  outcomeAt: (place: number) => string,
): Promise<void> {
  const cursor = lineCursor(store.read(itemsFile(ref)));
  const writer = lineWriter(await store.create(answersFile(ref)));
  try {
    for (let place = 0; place < items; place += 1) {
      const next = cursor.next();
      const line = isPending(next) ? await next : next;
      if (line?.bytes == null) throw new InvariantBroken(`item ${place + 1} of ${items} is not there`);
      // Joins two JSON objects as text: there are millions of them, and parsing each would cost more than the rest of the work.
      const waits = writer.write(`${line.bytes.toString('utf8', 0, line.length - 1)},${outcomeAt(place).slice(1)}`);
      if (waits !== undefined) await waits;
      beatOnLine(place);
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await cursor.close();
  }
}
