// A set of row numbers that also counts the members below a number. Takes two bits for each row up to the greatest, however many it has.

const bitsPerWord = 32;

export class RowSet {
  #words = new Uint32Array(1024);
  /** For each word, the number of members in the words before it, and last the number of all members; null while members are added. */
  #before: Uint32Array | null = null;

  add(row: number): void {
    const word = Math.floor(row / bitsPerWord);
    if (word >= this.#words.length) this.#grow(word + 1);
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (row % bitsPerWord));
    this.#before = null;
  }

  has(row: number): boolean {
    return (this.#readWord(row) & (1 << (row % bitsPerWord))) !== 0;
  }

  countBelow(row: number): number {
    this.#before ??= countBefore(this.#words);
    const below = (1 << (row % bitsPerWord)) - 1;
    const word = Math.min(Math.floor(row / bitsPerWord), this.#words.length);
    return (this.#before[word] ?? 0) + countBits(this.#readWord(row) & below);
  }

  #readWord(row: number): number {
    return this.#words[Math.floor(row / bitsPerWord)] ?? 0;
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}

function countBefore(words: Uint32Array): Uint32Array {
  const before = new Uint32Array(words.length + 1);
  for (let word = 1; word <= words.length; word++)
    before[word] = (before[word - 1] ?? 0) + countBits(words[word - 1] ?? 0);
  return before;
}

function countBits(word: number): number {
  let left = word >>> 0;
  let bits = 0;
  for (; left !== 0; bits++) left = (left & (left - 1)) >>> 0;
  return bits;
}
