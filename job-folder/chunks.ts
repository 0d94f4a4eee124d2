// The answers of the chunks of a realtime batch that still runs: for readers who do not wait for its end. Each file begins with a line about
// itself. After it come lines as the batch's answers will have them. When the batch has its tally, its answers replace the files.

import type { BatchRef } from '../domain/ids.ts';
import { cursorLineBytesMax, lineChunks } from '../storage/lines/json-lines.ts';
import { isMissing, type Store } from '../storage/store.ts';
import { chunkFile } from './paths.ts';

/** The first line of a chunk's file. */
export interface ChunkHead {
  /** The place of the chunk's last item in the batch, from 1. */
  readonly last: number;
  /** Which bytes of which journals the answers come from: of each, the number and the end of the last line that was read. */
  readonly read: readonly (readonly [journal: number, byte: number])[];
  /** The places of the items without an answer. */
  readonly unanswered: readonly number[];
}

/** Enough for most heads. */
const headBytes = 8 * 1024;

/** Null if the batch has no file that begins with that place. */
export async function readChunkHead(store: Store, ref: BatchRef, first: number): Promise<ChunkHead | null> {
  const source = store.read(chunkFile(ref, first), { aheadBytes: headBytes });
  try {
    for await (const [line] of lineChunks(source, { lineBytesMax: cursorLineBytesMax })) {
      if (line?.bytes != null) return JSON.parse(line.bytes.toString());
    }
    return null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Those of the whole batch, in order. Each begins where the one before it ends. */
export async function listChunkHeads(store: Store, ref: BatchRef): Promise<readonly ChunkHead[]> {
  const heads: ChunkHead[] = [];
  for (;;) {
    const head = await readChunkHead(store, ref, (heads.at(-1)?.last ?? 0) + 1);
    if (head === null) return heads;
    heads.push(head);
  }
}

/** From the last one to the first: if this ends in the middle, those that are left are still found. */
export async function removeChunks(store: Store, ref: BatchRef): Promise<void> {
  const heads = await listChunkHeads(store, ref);
  const firsts = heads.map((_, index) => (heads[index - 1]?.last ?? 0) + 1);
  for (const first of firsts.toReversed()) await store.remove(chunkFile(ref, first));
}
