// The custom ids that were seen, as 64-bit hashes in one flat table: a set of texts would take ten times the memory.

import { createHash } from 'node:crypto';

/** Of five million ids, two share a hash by chance once in a million such batches. */
export class IdSet {
  #slots = new BigUint64Array(1024);
  #size = 0;

  /** False if it has been added before. */
  add(id: string): boolean {
    const hash = hashId(id);
    if (!insert(this.#slots, hash)) return false;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const slots = new BigUint64Array(this.#slots.length * 2);
    for (const hash of this.#slots) if (hash !== empty) insert(slots, hash);
    this.#slots = slots;
  }
}

const empty = 0n;

function hashId(id: string): bigint {
  const hash = createHash('sha256').update(id).digest().readBigUInt64LE();
  return hash === empty ? 1n : hash;
}

function insert(slots: BigUint64Array, hash: bigint): boolean {
  const mask = slots.length - 1;
  for (let at = Number(hash & 0xffffffffn) & mask; ; at = (at + 1) & mask) {
    if (slots[at] === hash) return false;
    if (slots[at] === empty) {
      slots[at] = hash;
      return true;
    }
  }
}
