// A stored file whose parts are read in any order, as Parquet needs it.

import type { AsyncBuffer } from 'hyparquet';
import { type Store, StoreError } from '../../store.ts';

export interface ParquetFile {
  readonly uri: string;
  readonly buffer: AsyncBuffer;
  /** Reads a part in one piece; the buffer then gives pieces of it. */
  hold(start: number, end: number): Promise<AsyncBuffer>;
}

export async function openParquetFile(store: Store, uri: string, signal?: AbortSignal): Promise<ParquetFile> {
  const stored = await store.head(uri, signal);
  if (stored === null) throw new StoreError('missing', uri);
  const { bytes } = stored;
  const slice = (start: number, end = bytes): Promise<ArrayBuffer> => readPart(store, uri, { start, end, signal });
  return {
    uri,
    buffer: { byteLength: bytes, slice },
    async hold(from, to) {
      const held = await slice(from, to);
      const piece = (start: number, end = bytes): ArrayBuffer => held.slice(start - from, end - from);
      return {
        byteLength: bytes,
        slice: (start, end) => (start < from || (end ?? bytes) > to ? slice(start, end) : piece(start, end)),
      };
    },
  };
}

async function readPart(
  store: Store,
  uri: string,
  { start, end, signal }: { start: number; end: number; signal: AbortSignal | undefined },
): Promise<ArrayBuffer> {
  const part = new Uint8Array(end - start);
  let filled = 0;
  for await (const chunk of store.read(uri, { signal, start })) {
    const taken = chunk.subarray(0, part.length - filled);
    part.set(taken, filled);
    filled += taken.length;
    if (filled === part.length) break;
  }
  return part.buffer.slice(0, filled);
}
