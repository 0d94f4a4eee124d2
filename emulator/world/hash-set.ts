// A set of 64-bit hashes in one typed array: eight bytes an entry at best, and nothing for the garbage collector to walk.
// Open addressing; the all-zero key marks a free slot, so zero is stored as one.
import type { Hash } from './hash.ts';

export type HashSet = ReturnType<typeof createHashSet>;

export function createHashSet() {
  let slots = new Int32Array(2 * 1024);
  let mask = 1023;
  let size = 0;

  function find(hi: number, lo: number): number {
    let slot = (hi ^ lo) & mask;
    while (true) {
      const high = slots[slot * 2] ?? 0;
      const low = slots[slot * 2 + 1] ?? 0;
      if ((high === 0 && low === 0) || (high === hi && low === lo)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  function put(hi: number, lo: number): boolean {
    const slot = find(hi, lo);
    if (slots[slot * 2] !== 0 || slots[slot * 2 + 1] !== 0) return false;
    slots[slot * 2] = hi;
    slots[slot * 2 + 1] = lo;
    size += 1;
    return true;
  }

  function grow(): void {
    const old = slots;
    mask = mask * 2 + 1;
    slots = new Int32Array((mask + 1) * 2);
    size = 0;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0 || old[at + 1] !== 0) put(old[at] ?? 0, old[at + 1] ?? 0);
    }
  }

  return {
    /** False if the key was already there. */
    add({ hi, lo }: Hash): boolean {
      if (size * 10 > mask * 6) grow();
      return put(hi, hi === 0 && lo === 0 ? 1 : lo);
    },
    has({ hi, lo }: Hash): boolean {
      const slot = find(hi, hi === 0 && lo === 0 ? 1 : lo);
      return slots[slot * 2] !== 0 || slots[slot * 2 + 1] !== 0;
    },
    /** In no particular order. */
    *list(): Generator<Hash> {
      for (let at = 0; at < slots.length; at += 2) {
        const hash = { hi: slots[at] ?? 0, lo: slots[at + 1] ?? 0 };
        if (hash.hi !== 0 || hash.lo !== 0) yield hash;
      }
    },
  };
}
