// Remembers which row ids were seen, and with which request, in 16 bytes a row: it keeps no id in memory.

import type { ItemKey, RowId, RowNumber } from '../../../domain/ids.ts';
import { firstWord, hashId, hashSeeds, type IdHash } from '../../../domain/plan/id-hash.ts';
import { createEntryTable } from './entry-table.ts';

/** The hash of a row's id, and the first word of its item's key. */
export interface SeenRow extends IdHash {
  readonly keyWord: number;
}

export interface SeenIds {
  /** Hashes a row's id, as threads do it with the same nonce. */
  hash(id: RowId, key: ItemKey): SeenRow;
  /** The row that has this id, and whether its request is the same; null if no row has it. */
  first(row: SeenRow): { readonly row: RowNumber; readonly sameRequest: boolean } | null;
  note(row: SeenRow, number: RowNumber): void;
  /** Memory held for ids. */
  readonly bytes: number;
}

export function createSeenIds(nonce: string): SeenIds {
  const table = createEntryTable();
  const seeds = hashSeeds(nonce);
  return {
    hash: (id, key) => ({ ...hashId(id, seeds), keyWord: firstWord(key) }),
    first({ high, low, keyWord }) {
      const found = table.find(high, low);
      return found === null ? null : { row: found.value, sameRequest: found.extra === keyWord };
    },
    note({ high, low, keyWord }, number) {
      table.putIfAbsent({ high, low, value: number, extra: keyWord });
    },
    get bytes() {
      return table.bytes;
    },
  };
}
