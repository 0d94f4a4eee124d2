// Hashes a row's id into 64 bits, by which planning recognizes ids that it has seen.

import type { ItemKey, RowId } from '../ids.ts';

/** Two 32-bit words. */
export interface IdHash {
  readonly high: number;
  readonly low: number;
}

/** `nonce` is the job's: only someone who knows it could make two ids collide on purpose. */
export const hashSeeds = (nonce: string): IdHash => ({ high: wordAt(nonce, 0), low: wordAt(nonce, 8) });

export function hashId(id: RowId, seeds: IdHash): IdHash {
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

/** Keys are hashes already: their first word is enough to tell whether two items of the same id ask the same. */
export const firstWord = (key: ItemKey): number => wordAt(key, 0);

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
