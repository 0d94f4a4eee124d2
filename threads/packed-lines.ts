// Lines one after another in one buffer, which can move to a thread and back without being copied.

import type { BufferStock } from './buffer-stock.ts';

/** The nth line ends before `ends[n]`, and the next one begins there: there are no newlines in between. */
export interface PackedLines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ends: Uint32Array<ArrayBuffer>;
}

/** Collects lines and texts into one buffer, which grows. */
export class LinePacker {
  readonly #stock: BufferStock;
  #bytes: Buffer<ArrayBuffer>;
  #ends: Uint32Array<ArrayBuffer>;
  #used = 0;
  #lines = 0;

  constructor(stock: BufferStock, lines: number) {
    this.#stock = stock;
    this.#bytes = Buffer.from(stock.take(0));
    this.#ends = new Uint32Array(lines);
  }

  get bytes(): number {
    return this.#used;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Adds to the line that is being collected. */
  addText(text: string): void {
    // A character takes at most three bytes.
    this.#makeRoom(3 * text.length);
    this.#used += this.#bytes.write(text, this.#used);
  }

  /** Adds to the line that is being collected. */
  addBytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  endLine(): void {
    if (this.#lines === this.#ends.length) {
      const longer = new Uint32Array(2 * this.#lines + 64);
      longer.set(this.#ends);
      this.#ends = longer;
    }
    this.#ends[this.#lines] = this.#used;
    this.#lines += 1;
  }

  /** Ends the packer: its buffer now belongs to the lines. */
  finish(): PackedLines {
    const bytes = new Uint8Array(this.#bytes.buffer, 0, this.#used);
    return { bytes, ends: this.#ends.slice(0, this.#lines) };
  }

  #makeRoom(bytes: number): void {
    if (this.#used + bytes <= this.#bytes.length) return;
    const larger = Buffer.from(this.#stock.take(Math.max(this.#used + bytes, 2 * this.#bytes.length)));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#stock.give(this.#bytes.buffer);
    this.#bytes = larger;
  }
}

/** Calls `take` with each line: a view. */
export function eachLine({ bytes, ends }: PackedLines, take: (line: Buffer, index: number) => void): void {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let from = 0;
  for (let index = 0; index < ends.length; index++) {
    const end = ends[index] ?? from;
    take(all.subarray(from, end), index);
    from = end;
  }
}

/** For lines that move to a thread and may be needed again if it dies. Its buffer comes from the stock. */
export function copyLines({ bytes, ends }: PackedLines, stock: BufferStock): PackedLines {
  const copy = new Uint8Array(stock.take(bytes.length), 0, bytes.length);
  copy.set(bytes);
  return { bytes: copy, ends: ends.slice() };
}

/** Each line in a buffer of its own. */
export function* splitLines({ bytes, ends }: PackedLines): Generator<PackedLines> {
  let from = 0;
  for (const end of ends) {
    yield { bytes: bytes.slice(from, end), ends: Uint32Array.of(end - from) };
    from = end;
  }
}
