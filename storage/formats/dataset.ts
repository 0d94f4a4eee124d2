// A dataset as a sequence of numbered rows, whatever its format, and the fingerprint that tells whether its file has changed.

import type { Json, RefusalReason } from '../../domain/outcome/outcome.ts';
import { type Store, StoreError } from '../store.ts';
import { readJsonl } from './jsonl.ts';

export interface DatasetFile {
  readonly uri: string;
  readonly format: 'jsonl';
  /** Rows to read at most, from the beginning; null: all. */
  readonly limit: number | null;
}

export type DatasetRow =
  | {
      readonly kind: 'row';
      /** Number of the record, from 1: refused ones count, blank lines do not. */
      readonly row: number;
      readonly line: number;
      /** Offset after its newline. */
      readonly end: number;
      /** The record's bytes: a view, valid until the next chunk is asked for. */
      readonly raw: Buffer;
      readonly record: { [column: string]: Json };
    }
  | {
      readonly kind: 'reject';
      readonly row: number;
      readonly line: number;
      readonly end: number;
      readonly reason: RefusalReason;
      /** In our own words: it never quotes the line. */
      readonly message: string;
    };

/** The last row that was dealt with: reading continues after it. */
export interface DatasetPosition {
  readonly byte: number;
  readonly line: number;
  readonly row: number;
}

export interface ReadDatasetOptions {
  readonly from?: DatasetPosition | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rows in arrays, one array for each chunk of the file: waiting costs something per chunk, not per row. */
export function readDataset(
  store: Store,
  { uri, format, limit }: DatasetFile,
  options: ReadDatasetOptions = {},
): AsyncGenerator<readonly DatasetRow[]> {
  return readers[format](store, { uri, limit }, options);
}

/** One entry a format. */
const readers = { jsonl: readJsonl } as const;

/** Changes whenever the content may have changed; fails as `missing` or `unreadable` if there is nothing to read. */
export async function computeFingerprint(store: Store, uri: string, signal?: AbortSignal): Promise<string> {
  for await (const _ of store.read(uri, { signal })) break;
  const stored = await store.head(uri, signal);
  if (stored === null) throw new StoreError('missing', uri);
  return stored.version;
}
