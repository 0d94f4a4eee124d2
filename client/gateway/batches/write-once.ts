// Small files that are written once: the first writer wins, and the others find what it wrote.

import { createOrRead } from '../../../job-folder/job-file.ts';
import { readJson } from '../../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../../storage/store.ts';

/** What the file has now: this, or what another has written before. */
export const writeOnce = createOrRead;

/** Null if there is none. Only the gateway writes such files: what is read has the form that was written. */
export async function readIfPresent<Value>(store: Store, uri: string): Promise<Value | null> {
  try {
    return (await readJson(store, uri)) as unknown as Value;
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'missing') return null;
    throw error;
  }
}
