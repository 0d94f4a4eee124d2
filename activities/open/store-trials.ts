// Tries what a job needs of the data root, and of a provider's bucket: each trial has its own file, which it removes again.

import { writeText } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../storage/store.ts';

type Trial = 'ok' | 'wrong';

export const tryWrite = (store: Store, uri: string): Promise<'ok'> =>
  withFile(store, uri, async (): Promise<'ok'> => {
    await writeText(store, uri, 'a checkup');
    return 'ok';
  });

/** If two create the same file only if it is absent, the second must fail: otherwise two jobs could take one output. */
export const tryExclusiveCreate = (store: Store, uri: string): Promise<Trial> =>
  withFile(store, uri, async () => {
    await writeText(store, uri, 'first', { ifAbsent: true });
    const isRefused = await isThere(() => writeText(store, uri, 'second', { ifAbsent: true }));
    return isRefused && (await readText(store, uri)) === 'first' ? 'ok' : 'wrong';
  });

/** A file that is written under another name must replace an existing file in one step. */
export const tryRename = (store: Store, uri: string): Promise<Trial> =>
  withFile(store, uri, async () => {
    await writeText(store, uri, 'before');
    await writeText(store, uri, 'after');
    return (await readText(store, uri)) === 'after' ? 'ok' : 'wrong';
  });

/** A journal must keep its lines in order, and belong to the one that created it. */
export const tryAppend = (store: Store, uri: string): Promise<Trial> =>
  withFile(store, uri, async () => {
    const journal = await store.journal(uri);
    try {
      for (const line of ['first', 'second']) await journal.append(Buffer.from(line));
    } finally {
      await journal.close();
    }
    const isRefused = await isThere(async () => (await store.journal(uri)).close());
    return isRefused && (await readText(store, uri)) === 'first\nsecond\n' ? 'ok' : 'wrong';
  });

/** A vendor finds and reads what is written to its bucket, and Nightshift what the vendor writes. */
export async function tryBucket(store: Store, uri: string, signal: AbortSignal): Promise<Trial> {
  const text = 'a checkup';
  await writeText(store, uri, text, { signal });
  try {
    const listed: string[] = [];
    for await (const stored of store.list(uri, signal)) listed.push(stored.uri);
    return listed.includes(uri) && (await readText(store, uri, signal)) === text ? 'ok' : 'wrong';
  } finally {
    await store.remove(uri, { signal });
  }
}

async function withFile<T>(store: Store, uri: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } finally {
    await store.remove(uri);
  }
}

/** Whether the work fails because the file exists. */
async function isThere(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'exists') return true;
    throw error;
  }
}

async function readText(store: Store, uri: string, signal?: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(uri, { signal })) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
