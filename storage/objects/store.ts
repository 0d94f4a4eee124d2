// The store on objects in buckets, the same for every vendor. A file is one object: it appears whole or not at all, because that is how objects
// are written.

import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeError } from '../local/error.ts';
import { writeAll } from '../local/sink.ts';
import {
  isMissing,
  type ReadOptions,
  type RemoveOptions,
  type Sink,
  type Store,
  type Stored,
  StoreError,
  type WriteOptions,
} from '../store.ts';
import type { ObjectClient, ObjectFacts, ObjectPlace } from './client.ts';
import { ExclusiveCreates } from './exclusive.ts';
import { createObjectJournal, readJournal, removeJournal } from './journal.ts';
import { parseFile, parseFolder, parsePrefix, withKey } from './place.ts';
import { readObject } from './read.ts';
import { ObjectSink } from './sink.ts';

/** Removals at the same time. */
const removalsMax = 16;

export function createObjectStore(
  client: ObjectClient,
  { scratch = tmpdir() }: { readonly scratch?: string | undefined },
): Store {
  const exclusive = new ExclusiveCreates(client);
  const buckets = new KnownBuckets(client);
  const head = async (uri: string, signal?: AbortSignal): Promise<Stored | null> => {
    signal?.throwIfAborted();
    const found = await buckets.head(parseFile(uri), signal);
    return found === null ? null : { uri, bytes: found.bytes, version: found.version };
  };
  return {
    read: (uri, options) => read(client, buckets, uri, options),
    create: (uri, options) => create(client, exclusive, uri, options),
    head,
    list: (prefix, signal) => list(client, prefix, signal),
    remove: (uri, options) => remove(client, parseAsync(parseFile, uri), options),
    sweep: async (folder, options) => client.sweep(parsePrefix(folder), options),
    clear: (folder, signal) => clear(client, parseAsync(parseFolder, folder), signal),
    freeBytes: async () => null,
    journal: async (uri) => {
      const place = parseFile(uri);
      await exclusive.require(place);
      return createObjectJournal(client, place);
    },
    localFile: (uri, signal) => copyToDisk(read(client, buckets, uri, { signal }), uri, scratch),
  };
}

/** A uri that cannot be used is a rejection, not an exception. */
const parseAsync = async (parse: (uri: string) => ObjectPlace, uri: string): Promise<ObjectPlace> => parse(uri);

/** Tells a missing bucket from a missing object: answers to some calls do not. */
class KnownBuckets {
  readonly #client: ObjectClient;
  readonly #known = new Set<string>();

  constructor(client: ObjectClient) {
    this.#client = client;
  }

  async head(place: ObjectPlace, signal?: AbortSignal): Promise<ObjectFacts | null> {
    const found = await this.#client.head(place, signal);
    if (found === null) await this.require(place, signal);
    return found;
  }

  async require(place: ObjectPlace, signal?: AbortSignal): Promise<void> {
    if (this.#known.has(place.bucket)) return;
    await this.#client.requireBucket(place, signal);
    this.#known.add(place.bucket);
  }
}

async function* read(
  client: ObjectClient,
  buckets: KnownBuckets,
  uri: string,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const place = parseFile(uri);
  const { start = 0, signal } = options;
  let isEmpty = true;
  try {
    for await (const chunk of readObject(client, place, options)) {
      isEmpty = false;
      yield chunk;
    }
  } catch (error) {
    if (isMissing(error)) await buckets.require(place, signal);
    throw error;
  }
  if (isEmpty && (start === 0 || (await client.head(place, signal))?.bytes === 0)) {
    yield* readJournal(client, place, start, signal);
  }
}

async function create(
  client: ObjectClient,
  exclusive: ExclusiveCreates,
  uri: string,
  options: WriteOptions = {},
): Promise<Sink> {
  options.signal?.throwIfAborted();
  const place = parseFile(uri);
  if (options.ifAbsent === true || options.ifVersion === null) await exclusive.require(place);
  return new ObjectSink(client, place, options);
}

async function* list(client: ObjectClient, prefix: string, signal?: AbortSignal): AsyncGenerator<Stored> {
  signal?.throwIfAborted();
  const place = parsePrefix(prefix);
  for await (const { key, bytes, version } of client.list(place, signal)) {
    yield { uri: withKey(place, key).uri, bytes, version };
  }
}

/** Only an empty object can be a journal, with objects of its own. */
async function remove(
  client: ObjectClient,
  parsed: Promise<ObjectPlace>,
  { signal, ifVersion }: RemoveOptions = {},
): Promise<void> {
  const place = await parsed;
  const found = await client.head(place, signal);
  if (found === null) return;
  if (ifVersion !== undefined && found.version !== ifVersion) throw new StoreError('changed', place.uri);
  if (found.bytes === 0) await removeJournal(client, place, signal);
  try {
    await client.remove(place, ifVersion ?? null, signal);
  } catch (error) {
    throw error instanceof StoreError && error.problem === 'exists' ? new StoreError('changed', place.uri) : error;
  }
}

async function clear(client: ObjectClient, parsed: Promise<ObjectPlace>, signal?: AbortSignal): Promise<void> {
  const place = await parsed;
  await client.sweep(place, { signal });
  let removals: Promise<void>[] = [];
  for await (const { key } of client.list(place, signal)) {
    removals.push(client.remove(withKey(place, key), null, signal));
    if (removals.length < removalsMax) continue;
    await Promise.all(removals);
    removals = [];
  }
  await Promise.all(removals);
}

/** A folder of its own, so that its name never meets another one's. */
async function copyToDisk(chunks: AsyncIterable<Uint8Array>, uri: string, scratch: string) {
  const folder = await mkdtemp(join(scratch, 'copy-'));
  const done = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'file');
  try {
    const handle = await open(path, 'wx');
    try {
      for await (const chunk of chunks) await writeAll(handle, chunk);
    } finally {
      await handle.close();
    }
    return { path, done };
  } catch (error) {
    await done();
    throw storeError(error, uri, 'writing');
  }
}
