// Writes a file under an unfinished name, syncs it, and then renames it in one step.

import { randomBytes } from 'node:crypto';
import { access, type FileHandle, link, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { type Sink, type Stored, StoreError, type WriteOptions } from '../store.ts';
import { isMissing, storeError } from './error.ts';
import { unfinishedPrefix } from './path.ts';

export async function createFileSink(uri: string, path: string, options: WriteOptions = {}): Promise<Sink> {
  const { signal, ifAbsent = false, ifVersion } = options;
  signal?.throwIfAborted();
  await makeFolder(dirname(path));
  if (ifAbsent && (await isThere(path))) throw new StoreError('exists', uri);
  const unfinished = join(dirname(path), `${unfinishedPrefix}${randomBytes(12).toString('hex')}`);
  const handle = await open(unfinished, 'wx');
  let state: 'open' | 'closed' | 'aborted' = 'open';

  const discard = async (): Promise<void> => {
    if (state !== 'open') return;
    state = 'aborted';
    await handle.close().catch(() => undefined);
    await unlink(unfinished).catch(() => undefined);
  };

  const orDiscard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      signal?.throwIfAborted();
      if (state !== 'open') throw new StoreError('unwritable', uri);
      return await work();
    } catch (error) {
      await discard();
      const known = storeError(error, uri, 'writing');
      throw ifVersion === null && known instanceof StoreError && known.problem === 'exists' ? changed(uri) : known;
    }
  };

  return {
    write: (chunk) => orDiscard(() => writeAll(handle, chunk)),
    close: () =>
      orDiscard(async () => {
        const stored = await synced(handle, uri);
        signal?.throwIfAborted();
        const isNew = ifAbsent || ifVersion === null;
        if (typeof ifVersion === 'string') await requireVersion(uri, path, ifVersion);
        await (isNew ? link(unfinished, path) : rename(unfinished, path));
        state = 'closed';
        await handle.close();
        if (isNew) await unlink(unfinished);
        await syncFolder(dirname(path));
        return stored;
      }),
    abort: discard,
  };
}

/** The version consists of size and time of change: it distinguishes two contents like a digest, without reading the file. */
export function storedAs(uri: string, stat: { readonly size: bigint; readonly mtimeNs: bigint }): Stored {
  return { uri, bytes: Number(stat.size), version: `${stat.size}-${stat.mtimeNs}` };
}

const changed = (uri: string): StoreError => new StoreError('changed', uri);

export async function requireVersion(uri: string, path: string, version: string): Promise<void> {
  const found = await stat(path, { bigint: true }).catch((error: unknown) =>
    isMissing(error) ? null : Promise.reject(error),
  );
  if (found === null || storedAs(uri, found).version !== version) throw changed(uri);
}

/** Makes a folder and its missing parents, each durable before anything is written into it. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  let parent = dirname(first);
  await syncFolder(parent);
  for (const name of relative(parent, dirname(folder)).split(sep).filter(Boolean)) {
    parent = join(parent, name);
    await syncFolder(parent);
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten;
  }
}

async function synced(handle: FileHandle, uri: string): Promise<Stored> {
  await handle.sync();
  return storedAs(uri, await handle.stat({ bigint: true }));
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
