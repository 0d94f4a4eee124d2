// Files of a dataset on disk, and the rows that are read of them.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { onTestFinished } from 'vitest';
import { readDataset } from '../../../storage/formats/dataset.ts';
import type { DatasetFile, DatasetRow, ReadDatasetOptions } from '../../../storage/formats/rows.ts';
import { createFileStore } from '../../../storage/local/store.ts';
import type { Store } from '../../../storage/store.ts';

export type Files = Readonly<Record<string, string | Buffer>>;

export async function storeWith(files: Files): Promise<Store> {
  const root = await mkdtemp(join(tmpdir(), 'nightshift-dataset-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(root, name), content);
  return createFileStore({ root });
}

/** The same files in chunks of a few bytes, as a slow network may give them. */
export function inSmallChunks(store: Store, bytes: number): Store {
  return {
    ...store,
    async *read(uri, options) {
      for await (const chunk of store.read(uri, options)) {
        for (let at = 0; at < chunk.length; at += bytes) yield Uint8Array.from(chunk.subarray(at, at + bytes));
      }
    },
  };
}

export type Dataset = Partial<DatasetFile> & Pick<DatasetFile, 'uri' | 'format'>;

export async function rowsOf(store: Store, dataset: Dataset, options?: ReadDatasetOptions): Promise<DatasetRow[]> {
  const all: DatasetRow[] = [];
  for await (const rows of readDataset(store, { limit: null, ...dataset }, options)) {
    // The bytes of a row are valid only until the next chunk.
    all.push(...rows.map((row) => (row.kind === 'row' ? { ...row, raw: Buffer.from(row.raw) } : row)));
  }
  return all;
}

export const recordsOf = (rows: readonly DatasetRow[]): unknown[] =>
  rows.map((row) => (row.kind === 'row' ? row.record : [row.reason, row.message]));

/** Reading continues after each row in turn, and must give exactly the rows that are left. */
export async function expectToContinueAnywhere(store: Store, dataset: Dataset): Promise<void> {
  const whole = await rowsOf(store, dataset);
  const order = [...new Set(whole.map(({ file }) => file))];
  for (const [index, { file, end, line, row }] of whole.entries()) {
    const from = { file: order.indexOf(file), byte: end, line, row };
    const rest = await rowsOf(store, dataset, { from });
    if (!isDeepStrictEqual(rest, whole.slice(index + 1))) throw new Error(`differs after row ${row}`);
  }
}
