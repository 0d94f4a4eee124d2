// Texts that may not fit into memory together: appended once, read back by their place, deleted when the file is closed.

import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { InvariantBroken } from '../domain/refusal.ts';
import type { ActivityDeps } from './deps.ts';

/** Bytes of one text in a scratch file. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Kept in memory before anything is written to the file. Several batches are classified at the same time, so it is a few megabytes. */
const memoryBytes = 4 * 1024 * 1024;
/** Read in one piece if texts are read in the order in which they were appended. */
const windowBytes = 64 * 1024;

/**
 * An error of the disk is thrown to the caller, whose attempt fails. The file is in the worker's scratch folder. If this worker dies before
 * `close`, the next one deletes the folder.
 */
export class ScratchFile {
  readonly #path: string;
  #file: number | null = null;
  /** Bytes in the file. Those in the block come after them. */
  #written = 0;
  /** Null until the first append. */
  #block: Buffer | null = null;
  #used = 0;
  /** The part of the file that was read last, from `#windowAt` to `#windowEnd`. */
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;
  #windowEnd = 0;

  constructor({ scratch, randomHex }: Pick<ActivityDeps, 'scratch' | 'randomHex'>, name: string) {
    this.#path = join(scratch, `${name}-${randomHex(8)}`);
  }

  append(text: string | Uint8Array): Place {
    // UTF-8 takes at most three bytes for each UTF-16 code unit.
    const block = this.#makeRoom(typeof text === 'string' ? 3 * text.length : text.length);
    const offset = this.#written + this.#used;
    const length = typeof text === 'string' ? block.write(text, this.#used) : fill(block, text, this.#used);
    this.#used += length;
    return { offset, length };
  }

  read(place: Place): string {
    const { bytes, from } = this.#find(place);
    return bytes.toString('utf8', from, from + place.length);
  }

  copy(place: Place, into: Buffer, at: number): void {
    const { bytes, from } = this.#find(place);
    bytes.copy(into, at, from, from + place.length);
  }

  close(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }

  /** Where a text is in memory now: valid until the next call. */
  #find({ offset, length }: Place): { readonly bytes: Buffer; readonly from: number } {
    if (offset >= this.#written) return { bytes: this.#block ?? this.#window, from: offset - this.#written };
    const isInside = offset >= this.#windowAt && offset + length <= this.#windowEnd;
    // Texts that are read in another order would each read a whole window.
    const isNext = offset >= this.#windowAt && offset <= this.#windowEnd + windowBytes;
    if (!isInside) this.#readWindow(offset, isNext ? Math.max(length, windowBytes) : length);
    return { bytes: this.#window, from: offset - this.#windowAt };
  }

  #makeRoom(bytesMax: number): Buffer {
    if (this.#block !== null && this.#used + bytesMax > this.#block.length) this.#flush(this.#block);
    if (this.#block === null || bytesMax > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(memoryBytes, bytesMax));
    }
    return this.#block;
  }

  #flush(block: Buffer): void {
    this.#file ??= openSync(this.#path, 'w+');
    for (let done = 0; done < this.#used; ) {
      done += writeSync(this.#file, block, done, this.#used - done, this.#written + done);
    }
    this.#written += this.#used;
    this.#used = 0;
  }

  #readWindow(offset: number, bytes: number): void {
    if (bytes > this.#window.length) this.#window = Buffer.allocUnsafeSlow(Math.max(bytes, windowBytes));
    const length = Math.min(bytes, this.#written - offset);
    for (let done = 0; done < length; ) {
      const read = readSync(this.#file ?? -1, this.#window, done, length - done, offset + done);
      if (read === 0) throw new InvariantBroken('a scratch file became shorter while it was used');
      done += read;
    }
    this.#windowAt = offset;
    this.#windowEnd = offset + length;
  }
}

function fill(block: Buffer, bytes: Uint8Array, at: number): number {
  block.set(bytes, at);
  return bytes.length;
}
