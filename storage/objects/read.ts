// Reads an object as a stream. If the connection breaks or stands still, the stream continues from the byte that it reached, in the same
// version of the object.

import { setTimeout as sleep } from 'node:timers/promises';
import { type ReadOptions, StoreError } from '../store.ts';
import type { ObjectBody, ObjectClient, ObjectPlace } from './client.ts';

/** Tries in a row that brought no byte. */
const triesMax = 5;
const firstWaitMs = 100;
/** A body that brings nothing for this long will not come. */
const stillMs = 60_000;
/** Bytes of one chunk: what uses them waits for each chunk, not for each piece that the network delivers. */
const chunkBytes = 1024 * 1024;

/** A chunk is valid until the next one is asked for. */
export async function* readObject(
  client: ObjectClient,
  place: ObjectPlace,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  let buffer: Buffer | null = null;
  let used = 0;
  for await (const piece of readPieces(client, place, options)) {
    for (let from = 0; from < piece.bytes.length; ) {
      buffer ??= Buffer.allocUnsafeSlow(Math.min(chunkBytes, piece.left));
      const taken = piece.bytes.subarray(from, from + buffer.length - used);
      buffer.set(taken, used);
      used += taken.length;
      from += taken.length;
      if (used < buffer.length) continue;
      yield buffer;
      used = 0;
    }
  }
  if (buffer !== null && used > 0) yield buffer.subarray(0, used);
}

interface Piece {
  readonly bytes: Uint8Array;
  /** How many bytes are left, these included. */
  readonly left: number;
}

async function* readPieces(
  client: ObjectClient,
  place: ObjectPlace,
  { start = 0, signal }: ReadOptions,
): AsyncGenerator<Piece> {
  signal?.throwIfAborted();
  let position = start;
  let version: string | null = null;
  for (let tries = 1; ; tries += 1) {
    try {
      const body: ObjectBody | null = await client.get(place, { start: position, version }, signal);
      if (body === null && version === null) return;
      // Servers exist that ignore the version: what is left would be of another object, or nothing.
      const isOther = body === null || (version !== null && body.version !== version);
      if (isOther) throw new StoreError('unavailable', place.uri);
      version = body.version;
      const end = position + body.bytes;
      for await (const bytes of untilStill(body.chunks, place)) {
        signal?.throwIfAborted();
        const left = end - position;
        position += bytes.length;
        tries = 1;
        yield { bytes, left };
        signal?.throwIfAborted();
      }
      if (position >= end) return;
      throw new StoreError('unavailable', place.uri);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof StoreError && error.problem !== 'unavailable') throw error;
      if (tries >= triesMax) throw new StoreError('unavailable', place.uri);
      await sleep(firstWaitMs * 2 ** tries, undefined, { signal });
    }
  }
}

/** Time counts only while a chunk is awaited, because whatever uses the chunks may be slow. */
async function* untilStill(chunks: AsyncIterable<Uint8Array>, { uri }: ObjectPlace): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    while (true) {
      const { promise: still, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new StoreError('unavailable', uri)), stillMs);
      const next = iterator.next();
      next.catch(() => undefined); // It fails where it is awaited, or nobody waits for it any more.
      const { done, value } = await Promise.race([next, still]).finally(() => clearTimeout(timer));
      if (done === true) return;
      yield value;
    }
  } finally {
    // Not awaited: a body that stands still may never close.
    void iterator.return?.()?.catch(() => undefined);
  }
}
