// Writes lines in blocks: one block is being written while the next one fills. Blocks are reused, because new ones would pile up until they are
// collected.

import { crc32 } from 'node:zlib';
import type { MaybePromise } from '../../domain/maybe-promise.ts';
import type { Sink, Stored } from '../store.ts';

export interface Written {
  readonly bytes: number;
  readonly lines: number;
  /** Checksum of all bytes: shows a torn or changed file, at a tenth of the cost of a cryptographic digest. */
  readonly crc32: string;
  readonly stored: Stored;
}

export interface LineWriter {
  /** Adds the newline. Returns a promise only while a block is being written: await it before the next call. */
  write(text: string | Buffer): MaybePromise<void>;
  /** Adds so many lines that all end with a newline. Returns a promise only while a block is being written, like `write`. */
  writeLines(bytes: Uint8Array, lines: number): MaybePromise<void>;
  readonly bytes: number;
  readonly lines: number;
  /** Durable when it resolves. */
  close(): Promise<Written>;
  abort(): Promise<void>;
}

export function lineWriter(sink: Sink): LineWriter {
  return new BlockLineWriter(sink);
}

export const formatCrc32 = (check: number): string => check.toString(16).padStart(8, '0');

/** Large enough that a system call for each block costs nothing, small enough for dozens of open writers. */
const blockBytes = 1024 * 1024;
const newline = 10;

class BlockLineWriter implements LineWriter {
  readonly #chunks: ChunkQueue;
  #block = Buffer.allocUnsafeSlow(blockBytes);
  #used = 0;
  bytes = 0;
  lines = 0;

  constructor(sink: Sink) {
    this.#chunks = new ChunkQueue(sink);
  }

  write(text: string | Buffer): MaybePromise<void> {
    this.lines += 1;
    // A character takes at most three bytes; bytes are counted exactly only near the end of a block.
    if (this.#used + text.length * 3 + 1 <= blockBytes) return this.#fill(text);
    const needed = Buffer.byteLength(text) + 1;
    if (this.#used + needed <= blockBytes) return this.#fill(text);
    const flushed = this.#flush();
    if (needed > blockBytes) return this.#writeAlone(text) ?? flushed;
    this.#fill(text);
    return flushed;
  }

  writeLines(bytes: Uint8Array, lines: number): MaybePromise<void> {
    this.lines += lines;
    this.bytes += bytes.length;
    return bytes.length <= blockBytes - this.#used ? this.#copy(bytes) : this.#writePieces(bytes);
  }

  async #writePieces(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const piece = bytes.subarray(from, from + blockBytes - this.#used);
      this.#copy(piece);
      from += piece.length;
      if (this.#used === blockBytes) await this.#flush();
    }
  }

  #copy(bytes: Uint8Array): void {
    this.#block.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  async close(): Promise<Written> {
    await this.#flush();
    const { stored, crc32 } = await this.#chunks.close();
    return { bytes: this.bytes, lines: this.lines, crc32, stored };
  }

  abort(): Promise<void> {
    return this.#chunks.abort();
  }

  #fill(text: string | Buffer): void {
    const from = this.#used;
    const end = from + (typeof text === 'string' ? this.#block.write(text, from) : text.copy(this.#block, from));
    this.#block[end] = newline;
    this.#used = end + 1;
    this.bytes += this.#used - from;
  }

  #flush(): MaybePromise<void> {
    if (this.#used === 0) return;
    const before = this.#chunks.add(this.#block.subarray(0, this.#used), this.#block);
    this.#block = this.#chunks.takeSpare() ?? Buffer.allocUnsafeSlow(blockBytes);
    this.#used = 0;
    return before;
  }

  /** For a line that is larger than a block. */
  #writeAlone(text: string | Buffer): MaybePromise<void> {
    const line = Buffer.concat([Buffer.from(text), Buffer.from([newline])]);
    this.bytes += line.length;
    return this.#chunks.add(line);
  }
}

/** Chunks on their way to a sink, one at a time. */
class ChunkQueue {
  readonly #sink: Sink;
  readonly #spare: Buffer<ArrayBuffer>[] = [];
  #check = 0;
  #last: Promise<void> | null = null;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Returns the promise of the previous chunk: await it before the next call. `block` is reused after the chunk is written. */
  add(chunk: Buffer, block?: Buffer<ArrayBuffer>): MaybePromise<void> {
    this.#check = crc32(chunk, this.#check);
    const before = this.#last;
    this.#last = before === null ? this.#sink.write(chunk) : before.then(() => this.#sink.write(chunk));
    this.#last.then(
      () => {
        if (block !== undefined) this.#spare.push(block);
      },
      () => undefined, // It fails where the next chunk or `close` is awaited.
    );
    return before ?? undefined;
  }

  takeSpare(): Buffer<ArrayBuffer> | undefined {
    return this.#spare.pop();
  }

  async close(): Promise<Pick<Written, 'stored' | 'crc32'>> {
    await this.#last;
    return { stored: await this.#sink.close(), crc32: formatCrc32(this.#check) };
  }

  async abort(): Promise<void> {
    await this.#last?.catch(() => undefined);
    await this.#sink.abort();
  }
}
