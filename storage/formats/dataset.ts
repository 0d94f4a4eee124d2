// A dataset as a sequence of numbered rows, whatever its format, and a fingerprint that shows whether its file has changed.

import { type Store, StoreError } from '../store.ts';
import { readJsonl } from './jsonl.ts';
import type { DatasetFile, DatasetRow, ReadDatasetOptions } from './rows.ts';

/** Rows in arrays, one array for each chunk of the file: waiting costs something per chunk, not per row. */
export function readDataset(
  store: Store,
  { uri, format, limit }: DatasetFile,
  options: ReadDatasetOptions = {},
): AsyncGenerator<readonly DatasetRow[]> {
  return readers[format](store, { uri, limit }, options);
}

/** One entry for each format. */
const readers = { jsonl: readJsonl } as const;

/** Changes whenever the content may have changed; fails as `missing` or `unreadable` if there is nothing to read. */
export async function computeFingerprint(store: Store, uri: string, signal?: AbortSignal): Promise<string> {
  for await (const _ of store.read(uri, { signal })) break;
  const stored = await store.head(uri, signal);
  if (stored === null) throw new StoreError('missing', uri);
  return stored.version;
}
