// Which row ids have come by already, with which request: 16 bytes a row, and no id in memory.

import type { ItemKey, RowId, RowNumber } from '../domain/ids.ts';
import { createEntryTable } from './entry-table.ts';

export interface SeenIds {
  /** Null the first time an id comes by; then the row that had it first, and whether it asked the same. */
  note(id: RowId, row: RowNumber, key: ItemKey): { readonly row: RowNumber; readonly sameRequest: boolean } | null;
}

/** `seed` is secret enough that nobody can make two ids collide on purpose: the job's nonce. */
export function createSeenIds(seed: string): SeenIds {
  const table = createEntryTable();
  const [seedHigh, seedLow] = [wordAt(seed, 0), wordAt(seed, 8)];
  return {
    note(id, row, key) {
      // 5 and "5" are different ids.
      const kind = typeof id === 'number' ? 0x9e3779b9 : 0;
      const text = String(id);
      let high = seedHigh ^ kind;
      let low = seedLow ^ kind;
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        high = mixed(high ^ code, 0x85ebca6b);
        low = mixed(low ^ code, 0xc2b2ae35);
      }
      high = final(high ^ text.length);
      low = final(low ^ text.length);
      const extra = wordAt(key, 0);
      const first = table.putIfAbsent({ high, low, value: row, extra });
      return first === null ? null : { row: first.value, sameRequest: first.extra === extra };
    },
  };
}

function wordAt(hex: string, from: number): number {
  return Number.parseInt(hex.slice(from, from + 8), 16) >>> 0;
}

/** One character stirred in: a multiplication and a shift spread it over all bits. */
function mixed(word: number, factor: number): number {
  const product = Math.imul(word, factor);
  return product ^ (product >>> 15);
}

/** MurmurHash3's finish. */
function final(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}
