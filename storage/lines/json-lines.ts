// Lines in and out of byte streams: split without copying, written in blocks, each line's place known to the byte.

import { crc32 } from 'node:zlib';
import type { Json } from '../../domain/outcome/outcome.ts';
import { type Sink, type Store, type Stored, StoreError, type WriteOptions } from '../store.ts';
import { createSplitter, type Line, type LineOptions } from './splitter.ts';

export type { Line, LineOptions };

/** A cursor's bound unless told otherwise: under half the longest string there can be. */
export const cursorLineBytesMax = 256 * 1024 * 1024;
/** Large enough that a system call a block costs nothing, small enough for dozens of open writers. */
const blockBytes = 1024 * 1024;

const newline = 10;

/** Arrays of lines, one array a chunk: waiting costs something per chunk, not per line. Blank lines have length 0. */
export async function* lineChunks(
  source: AsyncIterable<Uint8Array>,
  options: LineOptions,
): AsyncGenerator<readonly Line[]> {
  const splitter = createSplitter(options);
  for await (const chunk of source) {
    const lines = splitter.push(asBuffer(chunk));
    if (lines.length > 0) yield lines;
  }
  const last = splitter.end();
  if (last !== null) yield [last];
}

export interface LineCursor {
  /** At once where a line is at hand, a promise only between chunks; null at the end. A line is valid until the following call. */
  next(): Line | null | Promise<Line | null>;
  close(): Promise<void>;
}

export function lineCursor(source: AsyncIterable<Uint8Array>, options: Partial<LineOptions> = {}): LineCursor {
  const chunks = lineChunks(source, { lineBytesMax: cursorLineBytesMax, ...options });
  let lines: readonly Line[] = [];
  let index = 0;
  const nextOfNextChunk = async (): Promise<Line | null> => {
    const { value, done } = await chunks.next();
    lines = done ? [] : value;
    index = 1;
    return lines[0] ?? null;
  };
  return {
    next: () => lines[index++] ?? nextOfNextChunk(),
    close: async () => {
      lines = [];
      await chunks.return(undefined);
    },
  };
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

export interface Written {
  readonly bytes: number;
  readonly lines: number;
  /** Of all bytes: tells a torn or changed file from a whole one, at a tenth of what a cryptographic digest costs. */
  readonly crc32: string;
  readonly stored: Stored;
}

export interface LineWriter {
  /** Adds the newline. A promise only when a block is under way: await it where there is one. */
  write(text: string | Buffer): void | Promise<void>;
  readonly bytes: number;
  readonly lines: number;
  close(): Promise<Written>;
  abort(): Promise<void>;
}

/** Gathers lines into blocks; one block is being written while the next one fills. They are used again: fresh ones would pile up. */
export function lineWriter(sink: Sink): LineWriter {
  const spare: Buffer<ArrayBuffer>[] = [];
  let check = 0;
  let block = Buffer.allocUnsafeSlow(blockBytes);
  let used = 0;
  let bytes = 0;
  let lines = 0;
  let underWay: Promise<void> | null = null;

  const send = (chunk: Buffer): void | Promise<void> => {
    check = crc32(chunk, check);
    const before = underWay;
    underWay = before === null ? sink.write(chunk) : before.then(() => sink.write(chunk));
    underWay.catch(() => undefined); // Heard by whoever awaits the next block, or `close`.
    return before ?? undefined;
  };

  const flush = (): void | Promise<void> => {
    if (used === 0) return;
    const [full, before] = [block, send(block.subarray(0, used))];
    void underWay?.then(
      () => spare.push(full),
      () => undefined,
    );
    block = spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
    used = 0;
    return before;
  };

  const fill = (text: string | Buffer): void => {
    const from = used;
    used += typeof text === 'string' ? block.write(text, used) : text.copy(block, used);
    block[used++] = newline;
    bytes += used - from;
  };

  return {
    write(text) {
      lines += 1;
      // Three bytes a character at most; counted exactly only near a block's end.
      if (used + text.length * 3 + 1 <= blockBytes) return fill(text);
      const needed = Buffer.byteLength(text) + 1;
      if (used + needed <= blockBytes) return fill(text);
      const flushed = flush();
      if (needed <= blockBytes) {
        fill(text);
        return flushed;
      }
      bytes += needed;
      return send(Buffer.concat([Buffer.from(text), Buffer.from([newline])])) ?? flushed;
    },
    get bytes() {
      return bytes;
    },
    get lines() {
      return lines;
    },
    async close() {
      await flush();
      await underWay;
      const stored = await sink.close();
      return { bytes, lines, crc32: crc32Text(check), stored };
    },
    async abort() {
      await underWay?.catch(() => undefined);
      await sink.abort();
    },
  };
}

const crc32Text = (check: number): string => check.toString(16).padStart(8, '0');

/** The `crc32` of a file as it lies there now. */
export async function computeCrc32(store: Store, uri: string, signal?: AbortSignal): Promise<string> {
  let check = 0;
  for await (const chunk of store.read(uri, { signal })) check = crc32(chunk, check);
  return crc32Text(check);
}

/** A small file's JSON; `missing` where there is none, `unreadable` where it is not JSON. */
export async function readJson(store: Store, uri: string): Promise<Json> {
  const parts: Uint8Array[] = [];
  for await (const chunk of store.read(uri)) parts.push(Uint8Array.from(chunk));
  try {
    const value: Json = JSON.parse(Buffer.concat(parts).toString());
    return value;
  } catch {
    throw new StoreError('unreadable', uri);
  }
}

/** Indented: people read these files. */
export const writeJson = (store: Store, uri: string, value: unknown, options?: WriteOptions): Promise<Stored> =>
  writeText(store, uri, `${JSON.stringify(value, null, 2)}\n`, options);

/** A file that is made in memory. */
export async function writeText(store: Store, uri: string, text: string, options?: WriteOptions): Promise<Stored> {
  const sink = await store.create(uri, options);
  try {
    await sink.write(Buffer.from(text));
    return await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
