// Small files that are written once: the first writer wins, and the others find what it wrote.

import { writeJson } from '../../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../../storage/store.ts';

/** Does nothing if the file exists. */
export async function writeOnce(store: Store, uri: string, value: unknown): Promise<void> {
  try {
    await writeJson(store, uri, value, { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
  }
}

/** Null if there is none. Only the gateway writes such files: what is read has the form that was written. */
export async function readIfPresent<Value>(store: Store, uri: string): Promise<Value | null> {
  const parts: Uint8Array[] = [];
  try {
    for await (const chunk of store.read(uri)) parts.push(Uint8Array.from(chunk));
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'missing') return null;
    throw error;
  }
  return JSON.parse(Buffer.concat(parts).toString());
}
