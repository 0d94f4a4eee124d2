// Lines with a placeholder for the prefix of their batch: written to a file under any prefix, without being copied first.

import type { MaybePromise } from '../../../domain/maybe-promise.ts';
import type { LineWriter } from '../../../storage/lines/json-lines.ts';
import type { PackedLines } from '../../../threads/packed-lines.ts';

export class PrefixedLines {
  readonly #bytes: Buffer<ArrayBuffer>;
  readonly #ends: Uint32Array;

  constructor({ bytes, ends }: PackedLines) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#ends = ends;
  }

  /** Includes the newline. */
  countBytes(index: number): number {
    return this.end(index) - this.start(index);
  }

  start(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }

  end(index: number): number {
    return this.#ends[index] ?? 0;
  }

  read(from: number, to: number): string {
    return this.#bytes.toString('utf8', from, to);
  }

  /** Writes a line with the prefix, which is ASCII, at a place. */
  write(index: number, prefix: string, at: number, into: LineWriter): MaybePromise<void> {
    for (let each = 0; each < prefix.length; each++) this.#bytes[at + each] = prefix.charCodeAt(each);
    return into.writeLines(this.#bytes.subarray(this.start(index), this.end(index)), 1);
  }
}
