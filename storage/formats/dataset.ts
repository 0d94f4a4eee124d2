// A dataset as a sequence of numbered rows, whatever its format, and a fingerprint that shows whether its file has changed.

import type { Line } from '../lines/json-lines.ts';
import { type Store, StoreError } from '../store.ts';
import { readJsonl, readJsonlRecords } from './jsonl.ts';
import type { DatasetFile, DatasetRow, ReadDatasetOptions } from './rows.ts';

/** Rows in arrays, one array for each chunk of the file: waiting costs something per chunk, not per row. */
export function readDataset(
  store: Store,
  { uri, format, limit }: DatasetFile,
  options: ReadDatasetOptions = {},
): AsyncGenerator<readonly DatasetRow[]> {
  return formats[format].rows(store, { uri, limit }, options);
}

/** The same rows, not parsed yet: their numbers follow one another. `bytes` is null if a row is too long. */
export function readRecords(
  store: Store,
  { uri, format, limit }: DatasetFile,
  options: ReadDatasetOptions = {},
): AsyncGenerator<readonly Line[]> {
  return formats[format].records(store, { uri, limit }, options);
}

const formats = { jsonl: { rows: readJsonl, records: readJsonlRecords } } as const;

/** Changes whenever the content may have changed; fails as `missing` or `unreadable` if there is nothing to read. */
export async function computeFingerprint(store: Store, uri: string, signal?: AbortSignal): Promise<string> {
  for await (const _ of store.read(uri, { signal })) break;
  const stored = await store.head(uri, signal);
  if (stored === null) throw new StoreError('missing', uri);
  return stored.version;
}
