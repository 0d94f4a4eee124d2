// A hash table with 16 bytes for each entry: all that a planner keeps of a row. Its shards grow one by one, so that memory has no peak when it
// grows.

const shardCount = 256;
const firstCapacity = 64;
/** A fuller shard takes long to search. */
const loadMax = 0.85;
const growth = 1.4;
const words = 4;

/** A 64-bit hash in two halves, and two words stored with it. `value` must not be 0. */
export interface Entry {
  readonly high: number;
  readonly low: number;
  readonly value: number;
  readonly extra: number;
}

export interface EntryTable {
  /** Returns the entry with this hash; null if there was none, so this one was put in. */
  putIfAbsent(entry: Entry): Pick<Entry, 'value' | 'extra'> | null;
  find(high: number, low: number): Pick<Entry, 'value' | 'extra'> | null;
  readonly size: number;
  /** Memory held for entries. */
  readonly bytes: number;
}

interface Shard {
  /** Open addressing: high, low, value, extra; a value of 0 marks a free place. */
  cells: Uint32Array;
  capacity: number;
  used: number;
}

export function createEntryTable(): EntryTable {
  const shards: Shard[] = Array.from({ length: shardCount }, () => emptyShard(firstCapacity));
  let size = 0;

  const pickShard = (high: number): Shard => {
    const shard = shards[high >>> 24];
    if (shard === undefined) throw new Error(`${high} is not a 32-bit word`);
    return shard;
  };

  return {
    putIfAbsent(entry) {
      const shard = pickShard(entry.high);
      const place = findCell(shard, entry.high, entry.low);
      if (isTaken(shard, place)) return readCell(shard, place);
      put(shard, place, entry);
      size += 1;
      if (shard.used > shard.capacity * loadMax) grow(shard);
      return null;
    },
    find(high, low) {
      const shard = pickShard(high);
      const place = findCell(shard, high, low);
      return isTaken(shard, place) ? readCell(shard, place) : null;
    },
    get size() {
      return size;
    },
    get bytes() {
      return shards.reduce((sum, { cells }) => sum + cells.byteLength, 0);
    },
  };
}

function emptyShard(capacity: number): Shard {
  return { cells: new Uint32Array(capacity * words), capacity, used: 0 };
}

/** The place of the entry with this hash, or the free place where it would go. */
function findCell({ cells, capacity }: Shard, high: number, low: number): number {
  // Scaled from the low half, so the capacity need not be a power of two.
  let index = Math.floor((low / 2 ** 32) * capacity);
  for (;;) {
    const at = index * words;
    if (cells[at + 2] === 0 || (cells[at] === high && cells[at + 1] === low)) return at;
    index = index + 1 === capacity ? 0 : index + 1;
  }
}

function isTaken({ cells }: Shard, at: number): boolean {
  return cells[at + 2] !== 0;
}

function readCell({ cells }: Shard, at: number): Pick<Entry, 'value' | 'extra'> {
  return { value: cells[at + 2] ?? 0, extra: cells[at + 3] ?? 0 };
}

function put(shard: Shard, at: number, { high, low, value, extra }: Entry): void {
  shard.cells[at] = high;
  shard.cells[at + 1] = low;
  shard.cells[at + 2] = value;
  shard.cells[at + 3] = extra;
  shard.used += 1;
}

function grow(shard: Shard): void {
  const old = shard.cells;
  Object.assign(shard, emptyShard(Math.ceil(shard.capacity * growth)));
  for (let at = 0; at < old.length; at += words) {
    const [high, low, value, extra] = [old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0, old[at + 3] ?? 0];
    if (value !== 0) put(shard, findCell(shard, high, low), { high, low, value, extra });
  }
}
