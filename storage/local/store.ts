// The store on local disk: every uri is a path below one folder, the data root.

import type { Dirent } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ReadOptions,
  type RemoveOptions,
  type Store,
  type Stored,
  StoreError,
  type SweepOptions,
} from '../store.ts';
import { isMissing, storeError } from './error.ts';
import { openFileJournal } from './journal.ts';
import { checkedUri, resolvePath, unfinishedPrefix } from './path.ts';
import { createFileSink, requireVersion, storedAs, syncFolder } from './sink.ts';

/** Bytes of one read: larger reads are not faster, and each smaller one would cost a turn of the event loop. */
const chunkBytes = 1024 * 1024;
const chunkBytesMin = 4096;

export function createFileStore({ root }: { readonly root: string }): Store {
  return {
    read: (uri, options) => readFile(root, uri, options),
    create: (uri, options) =>
      attempt(uri, 'writing', async () => createFileSink(uri, await resolveFile(root, uri), options)),
    head: (uri, signal) => attempt(uri, 'reading', async () => head(uri, await resolvePath(root, uri), signal)),
    list: (prefix, signal) => list(root, prefix, signal),
    remove: (uri, options) => attempt(uri, 'writing', async () => remove(uri, await resolvePath(root, uri), options)),
    sweep: (folder, options) => attempt(folder, 'writing', async () => sweep(await resolvePath(root, folder), options)),
    clear: (folder, signal) =>
      attempt(folder, 'writing', async () => clear(folder, await resolvePath(root, folder), signal)),
    freeBytes: () => attempt('', 'reading', () => freeBytes(root)),
    journal: (uri) => attempt(uri, 'writing', async () => openFileJournal(uri, await resolveFile(root, uri))),
    localFile: (uri, signal) =>
      attempt(uri, 'reading', async () => localFile(uri, await resolvePath(root, uri), signal)),
  };
}

async function attempt<T>(uri: string, doing: 'reading' | 'writing', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(error, uri, doing);
  }
}

/** For writing: the name of a folder cannot be the name of a file. */
async function resolveFile(root: string, uri: string): Promise<string> {
  if (uri.endsWith('/')) throw new StoreError('bad_uri', uri);
  return resolvePath(root, uri);
}

async function* readFile(root: string, uri: string, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
  options.signal?.throwIfAborted();
  const handle = await attempt(uri, 'reading', async () => open(await resolvePath(root, uri), 'r'));
  try {
    yield* readAhead(handle, await chooseChunk(handle, options), options);
  } catch (error) {
    throw storeError(error, uri, 'reading');
  } finally {
    await handle.close();
  }
}

/** Most files of a job are small, and the memory of two whole chunks would have to be collected each time. */
async function chooseChunk(
  handle: FileHandle,
  { start = 0, aheadBytes = 2 * chunkBytes }: ReadOptions,
): Promise<number> {
  const { size } = await handle.stat();
  return Math.max(chunkBytesMin, Math.min(chunkBytes, Math.floor(aheadBytes / 2), size - start));
}

/** Reads the next chunk while the last one is used. Two buffers take turns, because new ones would pile up until they are collected. */
async function* readAhead(
  handle: FileHandle,
  bytes: number,
  { signal, start = 0 }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  let position = start;
  let [buffer, other] = [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)];
  const ask = () => {
    const asked = handle.read(buffer, 0, bytes, position);
    [buffer, other] = [other, buffer];
    asked.catch(() => undefined); // It fails where it is awaited.
    return asked;
  };
  let asked = ask();
  try {
    while (true) {
      const { bytesRead, buffer: chunk } = await asked;
      signal?.throwIfAborted();
      if (bytesRead === 0) return;
      position += bytesRead;
      asked = ask();
      yield chunk.subarray(0, bytesRead);
      signal?.throwIfAborted();
    }
  } finally {
    await asked.catch(() => undefined);
  }
}

async function head(uri: string, path: string, signal?: AbortSignal): Promise<Stored | null> {
  signal?.throwIfAborted();
  try {
    const found = await stat(path, { bigint: true });
    return found.isFile() ? storedAs(uri, found) : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function localFile(uri: string, path: string, signal?: AbortSignal) {
  if ((await head(uri, path, signal)) === null) throw new StoreError('missing', uri);
  return { path, done: async () => undefined };
}

async function remove(uri: string, path: string, { signal, ifVersion }: RemoveOptions = {}): Promise<void> {
  signal?.throwIfAborted();
  if (ifVersion !== undefined) await requireVersion(uri, path, ifVersion);
  try {
    await unlink(path);
    await syncFolder(join(path, '..'));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function sweep(folder: string, options: SweepOptions = {}): Promise<void> {
  const { signal, before } = options;
  for (const entry of await listEntries(folder)) {
    signal?.throwIfAborted();
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await sweep(path, options);
    } else if (entry.name.startsWith(unfinishedPrefix) && (before === undefined || (await isOlder(path, before)))) {
      await unlink(path);
    }
  }
}

/** False if its writer has ended it meanwhile. */
async function isOlder(path: string, before: number): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < before;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function clear(folder: string, path: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (!folder.endsWith('/')) throw new StoreError('bad_uri', folder);
  await rm(path, { recursive: true, force: true });
}

async function freeBytes(root: string): Promise<number> {
  const { bavail, bsize } = await statfs(root);
  return bavail * bsize;
}

/** A prefix need not end at a folder: `runs/a` finds `runs/a/x` and `runs/ab`. */
async function* list(root: string, prefix: string, signal?: AbortSignal): AsyncGenerator<Stored> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (prefix !== '') checkedUri(prefix);
  if (folder !== '') await attempt(prefix, 'reading', () => resolvePath(root, folder));
  yield* walk(root, folder, prefix, signal);
}

async function* walk(root: string, folder: string, prefix: string, signal?: AbortSignal): AsyncGenerator<Stored> {
  signal?.throwIfAborted();
  for (const name of await namesIn(root, folder)) {
    const uri = folder + name;
    if (!uri.startsWith(prefix)) continue;
    if (name.endsWith('/')) {
      yield* walk(root, uri, prefix, signal);
    } else {
      const found = await attempt(uri, 'reading', () => head(uri, join(root, uri), signal));
      if (found !== null) yield found;
    }
  }
}

/** Names of folders end in `/`, so that their files are sorted like whole uris. Links are not followed, because they could form circles. */
async function namesIn(root: string, folder: string): Promise<string[]> {
  const entries = await attempt(folder, 'reading', () => listEntries(join(root, folder)));
  return entries.flatMap(readName).sort();
}

async function listEntries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function readName(entry: Dirent): string[] {
  if (entry.isDirectory()) return [`${entry.name}/`];
  return entry.isFile() && !entry.name.startsWith(unfinishedPrefix) ? [entry.name] : [];
}
