// Parquet: every row of every row group, its values as JSON, and files that cannot be read are refused.

import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { readParquet } from '../../../storage/formats/parquet/read.ts';
import { measureHeld } from '../../support/held-memory.ts';
import { expectToContinueAnywhere, recordsOf, rowsOf, storeWith } from './reading.ts';

const parquet = { uri: 'data.parquet', format: 'parquet' } as const;
type Written = Parameters<typeof parquetWriteBuffer>[0];

const write = (options: Written): Buffer => Buffer.from(parquetWriteBuffer(options));
const recordsIn = async (options: Written): Promise<unknown[]> =>
  recordsOf(await rowsOf(await storeWith({ 'data.parquet': write(options) }), parquet));

const ids = Array.from({ length: 2500 }, (_, index) => index);
const table: Written = {
  columnData: [
    { name: 'id', data: ids, type: 'INT32' },
    { name: 'text', data: ids.map((id) => (id % 3 === 0 ? null : `te"xt ${id % 7}`)), type: 'STRING' },
  ],
  rowGroupSize: 1000,
};

test('rows of all row groups come in order, and reading continues after any of them', async () => {
  const store = await storeWith({ 'data.parquet': write(table) });
  const rows = await rowsOf(store, parquet);
  expect(recordsOf(rows)).toEqual(ids.map((id) => ({ id, text: id % 3 === 0 ? null : `te"xt ${id % 7}` })));
  expect(rows.map(({ row }) => row)).toEqual(ids.map((id) => id + 1));
  for (const index of [0, 500, 998, 999, 1000, 2498, 2499]) {
    const from = { byte: index + 1, line: index + 1, row: index + 1 };
    expect(await rowsOf(store, parquet, { from })).toEqual(rows.slice(index + 1));
  }
  expect(await rowsOf(store, { ...parquet, limit: 1200 })).toEqual(rows.slice(0, 1200));
});

test('large rows are decoded a few at a time, and the same rows come wherever reading begins', async () => {
  const large = Array.from({ length: 30 }, (_, index) => `${index}`.repeat(300_000));
  const columnData: Written['columnData'] = [{ name: 'a', data: large, type: 'STRING' }];
  const store = await storeWith({ 'data.parquet': write({ columnData, rowGroupSize: 20 }) });
  const slices: number[] = [];
  for await (const lines of readParquet(store, 'data.parquet', parquet, { from: { byte: 0, line: 0 } })) {
    slices.push(lines.length);
  }
  expect(slices.reduce((sum, each) => sum + each, 0)).toBe(30);
  expect(Math.max(...slices)).toBeLessThan(15);
  const rows = await rowsOf(store, parquet);
  for (const row of [1, 19, 20, 27]) {
    const rest = await rowsOf(store, parquet, { from: { byte: row, line: row, row } });
    expect(isDeepStrictEqual(rest, rows.slice(row))).toBe(true);
  }
});

test('a large text that many rows share is not held once for each of them', async () => {
  const text = 'x'.repeat(200_000);
  const columnData: Written['columnData'] = [{ name: 'a', data: ids.map(() => text), type: 'STRING' }];
  const bytes = write({ columnData });
  expect(bytes.length).toBeLessThan(1_000_000);
  const store = await storeWith({ 'data.parquet': bytes });
  const before = measureHeld();
  let most = 0;
  let rows = 0;
  for await (const lines of readParquet(store, 'data.parquet', parquet, { from: { byte: 0, line: 0 } })) {
    rows += lines.length;
    most = Math.max(most, measureHeld() - before);
  }
  expect(rows).toBe(ids.length);
  expect(most).toBeLessThan(30e6);
});

test('what JSON has no type for becomes text, and no digit is lost', async () => {
  const at = Date.UTC(2026, 1, 3, 4, 5, 6, 789);
  const records = await recordsIn({
    schema: [
      { name: 'root', num_children: 8 },
      { name: 'long', type: 'INT64', repetition_type: 'OPTIONAL' },
      { name: 'time', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'OPTIONAL' },
      { name: 'micros', type: 'INT64', converted_type: 'TIMESTAMP_MICROS', repetition_type: 'OPTIONAL' },
      { name: 'day', type: 'INT32', converted_type: 'DATE', repetition_type: 'OPTIONAL' },
      { name: 'price', type: 'INT32', converted_type: 'DECIMAL', scale: 2, precision: 9, repetition_type: 'OPTIONAL' },
      { name: 'sum', type: 'INT64', converted_type: 'DECIMAL', scale: 3, precision: 18, repetition_type: 'OPTIONAL' },
      { name: 'ratio', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
      { name: 'object', type: 'BYTE_ARRAY', converted_type: 'JSON', repetition_type: 'OPTIONAL' },
    ],
    columnData: [
      { name: 'long', data: [1n, 9_007_199_254_740_993n, null] },
      { name: 'time', data: [new Date(at), new Date(-1), null] },
      { name: 'micros', data: [new Date(at), new Date(0), null] },
      { name: 'day', data: [new Date(Date.UTC(2026, 1, 3)), new Date(Date.UTC(1969, 11, 31)), null] },
      { name: 'price', data: [0.3, -12.25, null] },
      { name: 'sum', data: [1.5, -0.001, null] },
      { name: 'ratio', data: [0.1, Number.NaN, null] },
      { name: 'object', data: [{ a: [1, { b: 'x' }] }, [], null] },
    ],
  });
  expect(records).toEqual([
    {
      long: 1,
      time: '2026-02-03T04:05:06.789Z',
      micros: '2026-02-03T04:05:06.789Z',
      day: '2026-02-03',
      price: 0.3,
      sum: '1.500',
      ratio: 0.1,
      object: { a: [1, { b: 'x' }] },
    },
    {
      long: '9007199254740993',
      time: '1969-12-31T23:59:59.999Z',
      micros: '1970-01-01T00:00:00Z',
      day: '1969-12-31',
      price: -12.25,
      sum: '-0.001',
      ratio: null,
      object: [],
    },
    { long: null, time: null, micros: null, day: null, price: null, sum: null, ratio: null, object: null },
  ]);
});

async function readWith(bytes: Buffer, bounds: Parameters<typeof readParquet>[4]): Promise<void> {
  const store = await storeWith({ 'data.parquet': bytes });
  const rows = readParquet(store, 'data.parquet', parquet, { from: { byte: 0, line: 0 } }, bounds);
  for await (const _ of rows);
}

test('a row group that is too large is refused with its number and size', async () => {
  const bytes = write({ ...table, rowGroupSize: [10, 2490] });
  const wide = { storedBytesMax: 1e9, bytesMax: 1e9, nestedBytesMax: 1e9 };
  await expect(readWith(bytes, wide)).resolves.toBeUndefined();
  for (const [what, bounds] of [
    [/row group 2 has \d{4,} bytes, of 1000 /, { ...wide, bytesMax: 1000 }],
    [/row group 2 has \d{4,} stored bytes, of 1000 /, { ...wide, storedBytesMax: 1000 }],
  ] as const) {
    await expect(readWith(bytes, bounds)).rejects.toMatchObject({
      kind: 'dataset_unreadable',
      message: expect.stringMatching(what),
    });
  }
});

test('a file that is cut anywhere, or is something else, is refused', async () => {
  const whole = write({ ...table, codec: 'UNCOMPRESSED' });
  const other = Buffer.from('{"a":1}\n');
  for (const bytes of [whole.subarray(0, -1), whole.subarray(0, whole.length / 2), whole.subarray(0, 4), other]) {
    const store = await storeWith({ 'data.parquet': bytes });
    await expect(rowsOf(store, parquet)).rejects.toMatchObject({
      kind: 'dataset_unreadable',
      message: expect.stringContaining('data.parquet: it is not Parquet, or it is cut short'),
    });
  }
});

test('a damaged row group is refused by its number, after the rows before it', async () => {
  const whole = write(table);
  const footer = whole.readUInt32LE(whole.length - 8) + 8;
  // The second of three row groups is in the middle.
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, Math.floor((whole.length - footer) * 0.4), Math.floor((whole.length - footer) * 0.6));
  const store = await storeWith({ 'data.parquet': damaged });
  await expect(rowsOf(store, parquet)).rejects.toThrow(/data.parquet: row group 2 cannot be read: the file is damaged/);
  expect(await rowsOf(store, { ...parquet, limit: 1000 })).toHaveLength(1000);
});

test('a file without rows has none', async () => {
  expect(await recordsIn({ columnData: [{ name: 'a', data: [], type: 'STRING' }] })).toEqual([]);
});

test('a file that pyarrow wrote, with every kind of column', async () => {
  const bytes = await readFile(new URL('fixtures/pyarrow.parquet', import.meta.url));
  const store = await storeWith({ 'data.parquet': bytes });
  const rows = recordsOf(await rowsOf(store, parquet));
  expect(rows.slice(0, 2)).toEqual([
    {
      id: 1,
      text: 'a',
      big: '4611686018427387904',
      small: 1,
      unsigned: '18446744073709551615',
      price: 1.1,
      sum: '12345678901234567890.123',
      at: '2026-02-03T04:05:06.789123Z',
      nano: '2026-02-03T04:05:06.789123456Z',
      day: '2026-02-03',
      flag: true,
      ratio: 0.1,
      bytes: 'AP8=',
      tags: ['a', 'b'],
      place: { city: 'x', at: [1, 2] },
      pairs: { k: 1 },
      kind: 'x',
    },
    {
      id: 2,
      text: 'é "q"\n',
      big: -5,
      small: 255,
      unsigned: 0,
      price: -0.01,
      sum: '-0.001',
      at: '1969-12-31T23:59:59.999999Z',
      nano: '1969-12-31T23:59:59.999999999Z',
      day: '0001-01-01',
      flag: false,
      ratio: null,
      bytes: '',
      tags: [],
      place: { city: null, at: null },
      pairs: {},
      kind: 'y',
    },
  ]);
  const { id, ...others } = rows[2] as Record<string, unknown>;
  expect([id, ...new Set(Object.values(others))]).toEqual([3, null]);
  await expectToContinueAnywhere(store, parquet);
});
