// An append-only file on a store whose objects cannot grow: an empty object that claims the name, and next to it one object for each chunk of
// lines.

import { type Journal, StoreError } from '../store.ts';
import type { ListedObject, ObjectClient, ObjectPlace } from './client.ts';
import { makeCondition, putIfUnchanged } from './conditional.ts';
import { withKey } from './place.ts';
import { readObject } from './read.ts';

/** A crash loses at most one chunk that nobody was promised. */
const linesMax = 100;
const chunkDigits = 6;
const newline = Buffer.from('\n');

const chunksPrefix = (place: ObjectPlace): ObjectPlace => withKey(place, `${place.key}.lines-`);

const chunkPlace = (place: ObjectPlace, number: number): ObjectPlace =>
  withKey(place, `${chunksPrefix(place).key}${String(number).padStart(chunkDigits, '0')}`);

type Chunk = Pick<ListedObject, 'key' | 'bytes'>;

interface Waiting {
  readonly line: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export async function createObjectJournal(client: ObjectClient, place: ObjectPlace): Promise<Journal> {
  await putIfUnchanged(client, place, new Uint8Array(), makeCondition(null));
  return new ObjectJournal(client, place);
}

class ObjectJournal implements Journal {
  readonly #client: ObjectClient;
  readonly #place: ObjectPlace;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #chunks = 0;
  /** After a failed write nothing may follow: its chunk may appear late. */
  #failure: unknown = null;

  constructor(client: ObjectClient, place: ObjectPlace) {
    this.#client = client;
    this.#place = place;
  }

  append(line: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      this.#writing ??= Promise.resolve().then(() => this.#writeWaiting());
    });
  }

  /** Durable too: other machines see nothing of this one but the store. */
  note(line: Uint8Array): Promise<void> {
    return this.append(line);
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#failure ??= new StoreError('unwritable', this.#place.uri);
  }

  /** Lines that wait at the same time share a chunk. */
  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, linesMax);
      try {
        if (this.#failure !== null) throw this.#failure;
        await this.#writeChunk(Buffer.concat(together.flatMap(({ line }) => [line, newline])));
        for (const each of together) each.resolve();
      } catch (error) {
        this.#failure ??= error;
        for (const each of together) each.reject(this.#failure);
      }
    }
    this.#writing = null;
  }

  async #writeChunk(content: Uint8Array): Promise<void> {
    this.#chunks += 1;
    await this.#client.put(chunkPlace(this.#place, this.#chunks), content, null);
  }
}

/** The lines of a journal, from a byte on. Nothing if the object is not a journal but only empty. */
export async function* readJournal(
  client: ObjectClient,
  place: ObjectPlace,
  start: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let skipped = start;
  for await (const { key, bytes } of listChunks(client, place, signal)) {
    if (skipped < bytes) yield* readObject(client, withKey(place, key), { start: skipped, signal });
    skipped = Math.max(0, skipped - bytes);
  }
}

/** A list may be some seconds old, and what it leaves out was promised to be durable. So the chunk after the last one is asked for by its name. */
async function* listChunks(client: ObjectClient, place: ObjectPlace, signal?: AbortSignal): AsyncGenerator<Chunk> {
  let number = 1;
  for await (const { key, bytes } of client.list(chunksPrefix(place), signal)) {
    if (key !== chunkPlace(place, number).key) throw new StoreError('unavailable', place.uri);
    yield { key, bytes };
    number += 1;
  }
  for (; ; number += 1) {
    const next = chunkPlace(place, number);
    const found = await client.head(next, signal);
    if (found === null) return;
    yield { key: next.key, bytes: found.bytes };
  }
}

/** Removes the lines before the object that claims their name. */
export async function removeJournal(client: ObjectClient, place: ObjectPlace, signal?: AbortSignal): Promise<void> {
  for await (const { key } of client.list(chunksPrefix(place), signal)) {
    await client.remove(withKey(place, key), null, signal);
  }
}
