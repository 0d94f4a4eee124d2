// The results as a table: every line is a row with the same values, in pieces of bounded size, and whole or not at all.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { writeResultsTable } from '../../../activities/finish/results-table.ts';
import type { ResultLine } from '../../../domain/outcome/merge.ts';
import { resultColumns } from '../../../domain/outcome/result-columns.ts';
import { parquetTable } from '../../../storage/formats/tables/parquet-table.ts';
import { writeText } from '../../../storage/lines/json-lines.ts';
import { type Sink, type Store, StoreError } from '../../../storage/store.ts';
import { rowsOf, storeWith } from '../../storage/formats/reading.ts';
import { type Folder, folderWith, output, quietEnvironment } from '../plan/planning.ts';
import { answerLine, errorLine, runWhole } from '../whole-job.ts';

const rows = [
  { id: 'a', text: 'x' },
  { id: 2, text: 'y' },
  { id: 'c "quoted", 1', text: 'z' },
  { id: 'a', text: 'x' },
];

/** An answer with everything that a table must quote, one that is JSON, one that failed, and one that is shared. */
async function finished(outputFormat: 'csv' | 'parquet'): Promise<{ folder: Folder; results: ResultLine[] }> {
  const folder = await folderWith(rows, { outputFormat, schema: {} });
  const contents: Record<number, string> = { 1: '"a, \\"b\\"\\r\\n ü 😀 "', 2: '{"label":["x",1]}' };
  const { report } = await runWhole(folder, (_, __, items) =>
    items.map(({ customId, row }) =>
      row === 3 ? errorLine(customId, 400) : answerLine(customId, contents[row] ?? 'null'),
    ),
  );
  expect(report.files.table).toBe(`${output}results.${outputFormat}`);
  return { folder, results: folder.lines('results.jsonl') };
}

test('CSV has every value as text, JSON as JSON text, and nothing where a line has nothing', async () => {
  const { folder, results } = await finished('csv');
  const table: Record<string, string>[] = parse(folder.text('results.csv'), { columns: true });
  expect(table.map(({ row, id, status, output: value, sameAs }) => [row, id, status, value, sameAs])).toEqual([
    ['1', 'a', 'answered', 'a, "b"\r\n ü 😀 ', ''],
    ['2', '2', 'answered', '{"label":["x",1]}', ''],
    ['3', 'c "quoted", 1', 'failed', '', ''],
    ['4', 'a', 'answered', 'a, "b"\r\n ü 😀 ', '1'],
  ]);
  for (const [index, result] of results.entries()) {
    const expected = resultColumns.map(({ name, read }) => [name, String(read(result) ?? '')]);
    expect(table[index]).toEqual(Object.fromEntries(expected));
  }
});

const readTable = (folder: Folder): Promise<Record<string, unknown>[]> => {
  const bytes = readFileSync(join(folder.root, output, 'results.parquet'));
  return parquetReadObjects({ file: Uint8Array.from(bytes).buffer });
};

test('Parquet has the same values, whole numbers and costs with their types', async () => {
  const { folder, results } = await finished('parquet');
  const table = await readTable(folder);
  for (const [index, result] of results.entries()) {
    const expected = resultColumns.map(({ name, type, read }) => {
      const cell = read(result);
      return [name, type === 'whole' && typeof cell === 'number' ? BigInt(cell) : cell];
    });
    const found = Object.entries(table[index] ?? {}).map(([name, value]) => [name, value ?? null]);
    expect(found).toEqual(expected);
  }
  expect(table[0]).toMatchObject({ row: 1n, costUsd: results[0]?.costUsd, inputTokens: 100n });
});

test('a job that asks for no table, or whose results are empty, is not a special case', async () => {
  const folder = await folderWith(rows);
  await quietEnvironment().run(() => writeResultsTable(folder.store, output, undefined));
  expect(Object.keys(folder.digests())).toEqual([]);
  await writeText(folder.store, `${output}results.jsonl`, '');
  for (const format of ['csv', 'parquet'] as const) {
    await quietEnvironment().run(() => writeResultsTable(folder.store, output, format));
  }
  expect(parse(folder.text('results.csv'), { columns: true })).toEqual([]);
  expect(await readTable(folder)).toEqual([]);
});

test('a table that cannot be written to its end does not appear', async () => {
  for (const format of ['csv', 'parquet'] as const) {
    const folder = await folderWith(rows);
    await writeText(folder.store, `${output}results.jsonl`, '{"id":1,"row":1}\n');
    const full: Store = {
      ...folder.store,
      create: async (uri, options) => ({
        ...(await folder.store.create(uri, options)),
        close: async () => Promise.reject(new StoreError('full', uri)),
      }),
    };
    await expect(quietEnvironment().run(() => writeResultsTable(full, output, format))).rejects.toThrow('full');
    expect(Object.keys(folder.digests())).toEqual(['results.jsonl']);
  }
});

/** A sink that notes the sizes of what it is given, and can be read. */
function notingSink(): { sink: Sink; bytes: () => Buffer; sizes: number[] } {
  const parts: Buffer[] = [];
  const sizes: number[] = [];
  const sink: Sink = {
    write: async (chunk) => {
      parts.push(Buffer.from(chunk));
      sizes.push(chunk.length);
    },
    close: async () => ({ uri: '', bytes: 0, version: '' }),
    abort: async () => undefined,
  };
  return { sink, bytes: () => Buffer.concat(parts), sizes };
}

async function groupsOf(count: number, text: string): Promise<{ metadata: FileMetaData; sizes: number[] }> {
  const { sink, bytes, sizes } = notingSink();
  const table = await parquetTable(sink, [{ name: 'text', type: 'text' }]);
  for (let row = 0; row < count; row++) await table.write([`${row}${text}`]);
  await table.close();
  return { metadata: parquetMetadata(Uint8Array.from(bytes()).buffer), sizes };
}

test('a row group is written as soon as it has 10,000 rows or 4 Mi characters', async () => {
  const small = await groupsOf(25_000, 'x');
  expect(small.metadata.row_groups.map(({ num_rows }) => num_rows)).toEqual([10_000n, 10_000n, 5000n]);
  const large = await groupsOf(40, 'x'.repeat(1024 * 1024));
  expect(large.metadata.row_groups.map(({ num_rows }) => num_rows)).toEqual(Array.from({ length: 10 }, () => 4n));
  // Each group goes to the store when it is whole: none is kept until the end.
  expect(small.sizes.length).toBeGreaterThan(3);
});

test('half of a character, which no text in UTF-8 can have, becomes a replacement character', async () => {
  const folder = await folderWith(rows);
  await writeText(folder.store, `${output}results.jsonl`, '{"id":"a\\ud83d","row":1,"output":{"b":"\\ud83d"}}\n');
  for (const format of ['csv', 'parquet'] as const) {
    await quietEnvironment().run(() => writeResultsTable(folder.store, output, format));
  }
  const [record] = parse(folder.text('results.csv'), { columns: true }) as Record<string, string>[];
  for (const found of [record, (await readTable(folder))[0]]) {
    expect(found).toMatchObject({ id: 'a\ufffd', output: '{"b":"\\ud83d"}' });
  }
});

test('what Nightshift writes is a dataset that it reads', async () => {
  const { folder } = await finished('parquet');
  const store = await storeWith({ 'data.parquet': readFileSync(join(folder.root, output, 'results.parquet')) });
  expect(await rowsOf(store, { uri: 'data.parquet', format: 'parquet' })).toHaveLength(4);
});
