// The items of one batch by their custom id: each one's place in row order, and how many earlier answers to it were unusable.

import type { BatchRef } from '../../domain/ids.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { itemsFile } from '../../job-folder/paths.ts';
import { parseItemLine } from '../../job-folder/plan/item-line.ts';
import { cursorLineBytesMax, lineChunks } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';

export interface ItemIndex {
  /** The item's place in the batch, from 0; undefined if the batch has no such item. */
  find(customId: string): number | undefined;
  countFlawedAttempts(place: number): number;
}

export async function readItemIndex(store: Store, ref: BatchRef, planned: number): Promise<ItemIndex> {
  const places = new Map<string, number>();
  const flawedAttempts = new Uint16Array(planned);
  let place = 0;
  for await (const lines of lineChunks(store.read(itemsFile(ref)), { lineBytesMax: cursorLineBytesMax })) {
    for (const line of lines) {
      if (line.bytes === null || line.length === 0) continue;
      const item = parseItemLine(line.bytes.toString());
      places.set(item.customId, place);
      flawedAttempts[place] = item.flawedAttempts ?? 0;
      place += 1;
    }
  }
  if (place !== planned) throw new InvariantBroken(`${planned} items were planned, ${place} are there`);
  return { find: (customId) => places.get(customId), countFlawedAttempts: (at) => flawedAttempts[at] ?? 0 };
}
