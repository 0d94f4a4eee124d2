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

/** Kept in memory before anything is written to the file: most batches never need a file. */
const memoryBytes = 12 * 1024 * 1024;
/** Read in one piece: texts are mostly read in the order in which they were appended. */
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

  append(text: string): Place {
    const block = this.#makeRoom(text);
    const length = block.write(text, this.#used);
    const offset = this.#written + this.#used;
    this.#used += length;
    return { offset, length };
  }

  read({ offset, length }: Place): string {
    if (offset >= this.#written) {
      const from = offset - this.#written;
      return this.#block?.toString('utf8', from, from + length) ?? '';
    }
    const isInside = offset >= this.#windowAt && offset + length <= this.#windowEnd;
    if (!isInside) this.#readWindow(offset, Math.max(length, windowBytes));
    const from = offset - this.#windowAt;
    return this.#window.toString('utf8', from, from + length);
  }

  close(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }

  #makeRoom(text: string): Buffer {
    // UTF-8 takes at most three bytes for each UTF-16 code unit.
    const bytesMax = 3 * text.length;
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
    if (bytes > this.#window.length) this.#window = Buffer.allocUnsafeSlow(bytes);
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
