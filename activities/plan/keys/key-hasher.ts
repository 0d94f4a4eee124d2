// Hashes the keys of many items together, in a thread next to the planner: SHA-256 of the requests costs as much as the rest of planning.

import { Worker } from 'node:worker_threads';
import { type ItemKey, itemKey } from '../../../domain/ids.ts';
import { hashKey } from '../../../job-folder/identity.ts';

/** The number of bytes of a SHA-256 that a key keeps. */
export const keyBytes = 12;
/** Enough for the texts of one chunk of a dataset, usually. Buffers move to the thread and back, and are reused. */
const bufferBytes = 4 * 1024 * 1024;
/** The thread allocates only small views. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 };
/** Fewer bytes are hashed in this thread: moving them to the other and back would cost more. */
const threadBytesMin = 256 * 1024;

/** A message to the thread and back: texts one after another, the end of each, and room for their digests. */
export interface KeyJob {
  readonly number: number;
  readonly texts: Uint8Array<ArrayBuffer>;
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly digests: Uint8Array<ArrayBuffer>;
}

/** Texts that are hashed together. */
export interface KeyBatch {
  add(text: string): void;
  /** Keys in the order of their texts. */
  keys(): Promise<ItemKey[]>;
}

export interface KeyHasher {
  batch(): KeyBatch;
  close(): Promise<void>;
}

/** The thread starts when there are enough texts for it. */
export function createKeyHasher(): KeyHasher {
  const waiting = new Map<number, PromiseWithResolvers<ItemKey[]>>();
  const spare: Buffer<ArrayBuffer>[] = [];
  let thread: Worker | null = null;
  let sent = 0;

  const start = (): Worker => {
    // The extension is that of this file: the program runs from sources and from compiled files.
    const started = new Worker(new URL(`./key-thread${import.meta.url.slice(-3)}`, import.meta.url), {
      resourceLimits,
    });
    started.on('message', ({ number, texts, digests }: KeyJob) => {
      if (texts.byteLength === bufferBytes) spare.push(Buffer.from(texts.buffer));
      waiting.get(number)?.resolve(readKeys(digests));
      waiting.delete(number);
    });
    started.on('error', (error) => {
      for (const each of waiting.values()) each.reject(error);
      waiting.clear();
      thread = null;
    });
    return started;
  };

  const send = (texts: Buffer<ArrayBuffer>, places: readonly number[]): Promise<ItemKey[]> => {
    thread ??= start();
    const ends = Uint32Array.from(places);
    const job: KeyJob = {
      number: sent++,
      texts: new Uint8Array(texts.buffer),
      ends,
      digests: new Uint8Array(ends.length * keyBytes),
    };
    const reply = Promise.withResolvers<ItemKey[]>();
    waiting.set(job.number, reply);
    thread.postMessage(job, [texts.buffer, ends.buffer, job.digests.buffer]);
    return reply.promise;
  };

  return {
    batch: () => createBatch(spare, send),
    async close() {
      await thread?.terminate();
      thread = null;
    },
  };
}

/** Takes a spare buffer if there is one, and gives it back unless it was sent: then the thread's reply gives it back. */
function createBatch(
  spare: Buffer<ArrayBuffer>[],
  send: (texts: Buffer<ArrayBuffer>, ends: readonly number[]) => Promise<ItemKey[]>,
): KeyBatch {
  let texts: Buffer<ArrayBuffer> = spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
  let used = 0;
  const ends: number[] = [];
  return {
    add(text) {
      // A character takes at most three bytes.
      if (used + 3 * text.length > texts.length) texts = grow(texts, used + 3 * text.length);
      used += texts.write(text, used);
      ends.push(used);
    },
    async keys() {
      if (used >= threadBytesMin) return send(texts, ends);
      const keys = ends.map((end, index) => hashKey(texts.subarray(ends[index - 1] ?? 0, end)));
      if (texts.length === bufferBytes) spare.push(texts);
      return keys;
    },
  };
}

function grow(texts: Buffer<ArrayBuffer>, needed: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * texts.length));
  texts.copy(larger);
  return larger;
}

function readKeys(digests: Uint8Array): ItemKey[] {
  const hex = Buffer.from(digests.buffer, digests.byteOffset, digests.length).toString('hex');
  const digits = 2 * keyBytes;
  return Array.from({ length: digests.length / keyBytes }, (_, index) =>
    itemKey(hex.slice(index * digits, (index + 1) * digits)),
  );
}
