// Reads lines from byte streams, without copying and with each line's place. Also reads and writes small JSON files.

import { crc32 } from 'node:zlib';
import type { MaybePromise } from '../../domain/maybe-promise.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { type Store, type Stored, StoreError, type WriteOptions } from '../store.ts';
import { formatCrc32 } from './line-writer.ts';
import { type Line, type LineOptions, Splitter } from './splitter.ts';

export { type LineWriter, lineWriter, type Written } from './line-writer.ts';
export type { Line, LineOptions };

/** The longest line that a cursor holds by default: under half the length of the longest possible string. */
export const cursorLineBytesMax = 256 * 1024 * 1024;

interface ChunkOptions extends LineOptions {
  /** Leaves out a last line without a newline: a file that grows line by line may end in a torn one. Default: false. */
  readonly endedOnly?: boolean;
}

/** Arrays of lines, one array for each chunk: waiting costs something per chunk, not per line. Blank lines have length 0. */
export async function* lineChunks(
  source: AsyncIterable<Uint8Array>,
  options: ChunkOptions,
): AsyncGenerator<readonly Line[]> {
  const splitter = new Splitter(options);
  for await (const chunk of source) {
    const lines = splitter.push(asBuffer(chunk));
    if (lines.length > 0) yield lines;
  }
  const last = options.endedOnly === true ? null : splitter.end();
  if (last !== null) yield [last];
}

export interface LineCursor {
  /** Returns a promise only between chunks; null at the end. A line is valid until the next call. */
  next(): MaybePromise<Line | null>;
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

/** The `crc32` of the file's present content. */
export async function computeCrc32(store: Store, uri: string, signal?: AbortSignal): Promise<string> {
  let check = 0;
  for await (const chunk of store.read(uri, { signal })) check = crc32(chunk, check);
  return formatCrc32(check);
}

/** A small file's JSON; `missing` if there is none, `unreadable` if it is not JSON. */
export async function readJson(store: Store, uri: string): Promise<Json> {
  const parts: Uint8Array[] = [];
  for await (const chunk of store.read(uri)) parts.push(Uint8Array.from(chunk));
  try {
    // It leaves out the byte order mark with which some editors begin a file.
    const value: Json = JSON.parse(new TextDecoder().decode(Buffer.concat(parts)));
    return value;
  } catch {
    throw new StoreError('unreadable', uri);
  }
}

/** Indented, because people read these files. */
export const writeJson = (store: Store, uri: string, value: unknown, options?: WriteOptions): Promise<Stored> =>
  writeText(store, uri, `${JSON.stringify(value, null, 2)}\n`, options);

/** Writes a file from memory. */
export const writeText = (store: Store, uri: string, text: string, options?: WriteOptions): Promise<Stored> =>
  writeBytes(store, uri, Buffer.from(text), options);

export async function writeBytes(
  store: Store,
  uri: string,
  bytes: Uint8Array,
  options?: WriteOptions,
): Promise<Stored> {
  const sink = await store.create(uri, options);
  try {
    await sink.write(bytes);
    return await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
