// Remembers which row ids were seen, and with which request, in 16 bytes a row: it keeps no id in memory.

import type { ItemKey, RowId, RowNumber } from '../../../domain/ids.ts';
import { createEntryTable } from './entry-table.ts';

export interface SeenIds {
  /** The row that has this id, and whether its request is the same; null if no row has it. */
  first(id: RowId, key: ItemKey): { readonly row: RowNumber; readonly sameRequest: boolean } | null;
  note(id: RowId, row: RowNumber, key: ItemKey): void;
  /** Memory held for ids. */
  readonly bytes: number;
}

/** `seed` is the job's nonce: only someone who knows it could make two ids collide on purpose. */
export function createSeenIds(seed: string): SeenIds {
  const table = createEntryTable();
  const seeds = { high: wordAt(seed, 0), low: wordAt(seed, 8) };
  return {
    first(id, key) {
      const { high, low } = hashId(id, seeds);
      const found = table.find(high, low);
      return found === null ? null : { row: found.value, sameRequest: found.extra === wordAt(key, 0) };
    },
    note(id, row, key) {
      table.putIfAbsent({ ...hashId(id, seeds), value: row, extra: wordAt(key, 0) });
    },
    get bytes() {
      return table.bytes;
    },
  };
}

interface Hash {
  readonly high: number;
  readonly low: number;
}

function hashId(id: RowId, seeds: Hash): Hash {
  // 5 and "5" are different ids.
  const kind = typeof id === 'number' ? 0x9e3779b9 : 0;
  const text = String(id);
  let high = seeds.high ^ kind;
  let low = seeds.low ^ kind;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = mixed(high ^ code, 0x85ebca6b);
    low = mixed(low ^ code, 0xc2b2ae35);
  }
  return { high: final(high ^ text.length), low: final(low ^ text.length) };
}

function wordAt(hex: string, from: number): number {
  return Number.parseInt(hex.slice(from, from + 8), 16) >>> 0;
}

/** Mixes one character in: a multiplication and a shift spread it over all bits. */
function mixed(word: number, factor: number): number {
  const product = Math.imul(word, factor);
  return product ^ (product >>> 15);
}

/** The final step of MurmurHash3. */
function final(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}
