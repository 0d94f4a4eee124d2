// The items of one batch, or of a part of it, by their custom id: each one's place in row order, and how many earlier answers to it were unusable.

import type { BatchRef } from '../../domain/ids.ts';
import { isPending } from '../../domain/maybe-promise.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { itemsFile } from '../../job-folder/paths.ts';
import { customIdFromEnd, parseItemLine } from '../../job-folder/plan/item-line.ts';
import { cursorLineBytesMax, lineChunks, lineCursor } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { idWords, readIdBytes, readIdWords } from '../../threads/tasks/judge-lines.ts';
import { createEntryTable } from '../plan/keys/entry-table.ts';

const quote = 0x22;
/** `"}` after the custom id. */
const endBytes = 2;

/** Some dozens of bytes an item, however long its row's id is. */
export class ItemIndex {
  readonly #places = createEntryTable();
  /** The custom ids, as words, by place. */
  readonly #ids: Uint32Array;
  readonly #flawedAttempts: Uint16Array;
  #count = 0;

  constructor(items: number) {
    this.#ids = new Uint32Array(items * idWords);
    this.#flawedAttempts = new Uint16Array(items);
  }

  get count(): number {
    return this.#count;
  }

  /** The custom id ends the line, unless earlier attempts are counted after it. So most lines need not be parsed. */
  addLine(line: Buffer): void {
    const at = this.#count * idWords;
    if (line[line.length - endBytes] !== quote || !readIdBytes(line, line.length - customIdFromEnd, this.#ids, at)) {
      const { customId, flawedAttempts = 0 } = parseItemLine(line.toString());
      if (!readIdWords(customId, this.#ids, at)) throw new InvariantBroken('an item has a custom id of another form');
      this.#flawedAttempts[this.#count] = flawedAttempts;
    }
    this.#count += 1;
    // The first word names the batch, so all items have the same.
    const [high = 0, low = 0] = [this.#ids[at + 1], this.#ids[at + 2]];
    this.#places.putIfAbsent({ high, low, value: this.#count, extra: 0 });
  }

  /** The place, from 0, of the item whose custom id is given as words; undefined if the batch has no such item. */
  find(words: Uint32Array, at = 0): number | undefined {
    const found = this.#places.find(words[at + 1] ?? 0, words[at + 2] ?? 0);
    if (found === null) return undefined;
    const place = found.value - 1;
    for (let word = 0; word < idWords; word++) {
      if (this.#ids[place * idWords + word] !== words[at + word]) return undefined;
    }
    return place;
  }

  findId(customId: string): number | undefined {
    const words = new Uint32Array(idWords);
    return readIdWords(customId, words, 0) ? this.find(words) : undefined;
  }

  countFlawedAttempts(place: number): number {
    return this.#flawedAttempts[place] ?? 0;
  }
}

/** Consecutive items of a batch. */
export interface BatchPart {
  /** The first item's place in the batch, from 0. */
  readonly from: number;
  readonly count: number;
}

/** Of a part, the places begin with 0 too. */
export async function readPartIndex(store: Store, ref: BatchRef, { from, count }: BatchPart): Promise<ItemIndex> {
  const index = new ItemIndex(count);
  const cursor = lineCursor(store.read(itemsFile(ref)));
  try {
    for (let place = 0; place < from + count; place += 1) {
      const next = cursor.next();
      const line = isPending(next) ? await next : next;
      if (line?.bytes == null) throw new InvariantBroken(`item ${place + 1} of ${from + count} is not there`);
      if (place >= from) index.addLine(line.bytes);
    }
  } finally {
    await cursor.close();
  }
  return index;
}

export async function readItemIndex(store: Store, ref: BatchRef, planned: number): Promise<ItemIndex> {
  const index = new ItemIndex(planned);
  for await (const lines of lineChunks(store.read(itemsFile(ref)), { lineBytesMax: cursorLineBytesMax })) {
    for (const { bytes } of lines) {
      if (bytes === null || bytes.length === 0) continue;
      if (index.count === planned) throw new InvariantBroken(`${planned} items were planned, more are there`);
      index.addLine(bytes);
    }
  }
  if (index.count !== planned) throw new InvariantBroken(`${planned} items were planned, ${index.count} are there`);
  return index;
}
