// Reads back a small file that this project wrote itself, in the shape it was written in.

import { readJson } from '../storage/lines/json-lines.ts';
import type { Store } from '../storage/store.ts';

/** The one place that trusts a file's shape: nobody else writes below an output. */
export async function readOwn<T>(store: Store, uri: string): Promise<T> {
  return (await readJson(store, uri)) as unknown as T;
}

export async function readOwnIfThere<T>(store: Store, uri: string): Promise<T | null> {
  return (await store.head(uri)) === null ? null : readOwn<T>(store, uri);
}
