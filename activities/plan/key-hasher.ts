// Hashes the keys of many items at once, beside the planner: SHA-256 of what is asked costs as much as all the rest of planning.

import { Worker } from 'node:worker_threads';
import { type ItemKey, itemKey } from '../../domain/ids.ts';
import { hashKey } from '../../job-folder/identity.ts';

/** Of a SHA-256, what a key keeps. */
export const keyBytes = 12;
/** What a chunk of a dataset usually comes to. Buffers travel to the thread and back, and are used again. */
const bufferBytes = 4 * 1024 * 1024;
/** It makes nothing but small views. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 };
/** Less is hashed at once: the way to the thread and back costs more. */
const threadBytesMin = 256 * 1024;

/** What goes to the thread and comes back: texts one after another, where each ends, and then their digests. */
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

/** The thread is started with the first texts that are worth it. */
export function createKeyHasher(): KeyHasher {
  const waiting = new Map<number, PromiseWithResolvers<ItemKey[]>>();
  const spare: Buffer<ArrayBuffer>[] = [];
  let thread: Worker | null = null;
  let sent = 0;

  const start = (): Worker => {
    // The extension is that of this file: sources run as they are, and as what the compiler makes of them.
    const started = new Worker(new URL(`./key-thread${import.meta.url.slice(-3)}`, import.meta.url), {
      resourceLimits,
    });
    started.on('message', ({ number, texts, digests }: KeyJob) => {
      if (texts.byteLength === bufferBytes) spare.push(Buffer.from(texts.buffer));
      waiting.get(number)?.resolve(keysIn(digests));
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
    batch() {
      let texts: Buffer<ArrayBuffer> = spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
      let used = 0;
      const ends: number[] = [];
      return {
        add(text) {
          // Three bytes a character at most.
          if (used + 3 * text.length > texts.length) texts = grown(texts, used + 3 * text.length);
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
    },
    async close() {
      await thread?.terminate();
      thread = null;
    },
  };
}

function grown(texts: Buffer<ArrayBuffer>, needed: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * texts.length));
  texts.copy(larger);
  return larger;
}

function keysIn(digests: Uint8Array): ItemKey[] {
  const hex = Buffer.from(digests.buffer, digests.byteOffset, digests.length).toString('hex');
  const digits = 2 * keyBytes;
  return Array.from({ length: digests.length / keyBytes }, (_, index) =>
    itemKey(hex.slice(index * digits, (index + 1) * digits)),
  );
}
