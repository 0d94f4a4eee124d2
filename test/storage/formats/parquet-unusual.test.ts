// Parquet files that were written in an unusual way: decimals as byte arrays, and footers that are wrong.

import { ByteWriter, ParquetWriter, parquetWriteBuffer, schemaFromColumnData } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { recordsOf, rowsOf, storeWith } from './reading.ts';

const parquet = { uri: 'data.parquet', format: 'parquet' } as const;

test('a long decimal keeps its digits, however it is stored', async () => {
  const decimal = { converted_type: 'DECIMAL', scale: 2, precision: 22, repetition_type: 'OPTIONAL' } as const;
  const data = [1_234_567_890_123_456_789_012n, -5n, null];
  const bytes = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'bytes', type: 'BYTE_ARRAY', ...decimal },
      { name: 'fixed', type: 'FIXED_LEN_BYTE_ARRAY', type_length: 10, ...decimal },
    ],
    columnData: [
      { name: 'bytes', data },
      { name: 'fixed', data },
    ],
  });
  const store = await storeWith({ 'data.parquet': Buffer.from(bytes) });
  const records = recordsOf(await rowsOf(store, parquet));
  const texts = ['12345678901234567890.12', '-0.05', null];
  expect(records).toEqual(texts.map((text) => ({ bytes: text, fixed: text })));
});

test('a long decimal in a list, a list of lists, a structure or a map keeps its digits', async () => {
  const decimal = { type: 'INT64', converted_type: 'DECIMAL', scale: 3, precision: 18 } as const;
  const optional = { repetition_type: 'OPTIONAL' } as const;
  const list = (name: string) => [
    { name, converted_type: 'LIST', num_children: 1, ...optional } as const,
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 } as const,
  ];
  const [long, short] = [123_456_789_012_345_678n, -1n];
  const bytes = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 4 },
      ...list('sums'),
      { name: 'element', ...decimal, ...optional },
      ...list('table'),
      ...list('element'),
      { name: 'element', ...decimal, ...optional },
      { name: 'place', num_children: 2, ...optional },
      { name: 'sum', ...decimal, ...optional },
      { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...optional },
      { name: 'byName', converted_type: 'MAP', num_children: 1, ...optional },
      { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
      { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'value', ...decimal, ...optional },
    ],
    columnData: [
      { name: 'sums', data: [[long, short, null], [], null] },
      { name: 'table', data: [[[long], [short, short]], [[]], null] },
      { name: 'place', data: [{ sum: long, text: 'x' }, { sum: null, text: null }, null] },
      { name: 'byName', data: [{ a: long, b: short }, {}, null] },
    ],
  });
  const store = await storeWith({ 'data.parquet': Buffer.from(bytes) });
  const [longText, shortText] = ['123456789012345.678', '-0.001'];
  expect(recordsOf(await rowsOf(store, parquet))).toEqual([
    {
      sums: [longText, shortText, null],
      table: [[longText], [shortText, shortText]],
      place: { sum: longText, text: 'x' },
      byName: { a: longText, b: shortText },
    },
    { sums: [], table: [[]], place: { sum: null, text: null }, byName: {} },
    { sums: null, table: null, place: null, byName: null },
  ]);
});

test('decimals and dates of a writer that leaves out the older names of types are not read as what is stored', async () => {
  const optional = { repetition_type: 'OPTIONAL' } as const;
  const bytes = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 3 },
      { name: 'price', type: 'INT32', logical_type: { type: 'DECIMAL', precision: 9, scale: 2 }, ...optional },
      { name: 'sum', type: 'INT64', logical_type: { type: 'DECIMAL', precision: 18, scale: 3 }, ...optional },
      { name: 'day', type: 'INT32', logical_type: { type: 'DATE' }, ...optional },
    ],
    columnData: [
      { name: 'price', data: [1234, null] },
      { name: 'sum', data: [123_456_789_012_345_678n, null] },
      { name: 'day', data: [20_487, null] },
    ],
  });
  const store = await storeWith({ 'data.parquet': Buffer.from(bytes) });
  expect(recordsOf(await rowsOf(store, parquet))).toEqual([
    { price: 12.34, sum: '123456789012345.678', day: '2026-02-03' },
    { price: null, sum: null, day: null },
  ]);
});

test('a row with a text that is not UTF-8 is refused, and not read with other characters', async () => {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const;
  const cafe = Buffer.from('caf\xe9', 'latin1');
  const bytes = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'text', ...text },
      { name: 'place', num_children: 1, repetition_type: 'OPTIONAL' },
      { name: 'city', ...text },
    ],
    columnData: [
      { name: 'text', data: ['\ufffd', cafe, 'b'] },
      { name: 'place', data: [{ city: 'x' }, null, { city: cafe }] },
    ],
  });
  const store = await storeWith({ 'data.parquet': Buffer.from(bytes) });
  expect(recordsOf(await rowsOf(store, parquet))).toEqual([
    { text: '\ufffd', place: { city: 'x' } },
    ['invalid_utf8', expect.stringMatching(/^line 2: a text that is not valid UTF-8/)],
    ['invalid_utf8', expect.stringMatching(/^line 3: a text that is not valid UTF-8/)],
  ]);
});

/** The footer says that the second column is elsewhere. */
async function writeMisplaced(offset: bigint): Promise<Buffer> {
  const columnData = [
    { name: 'id', data: [1, 2, 3], type: 'INT32' as const },
    { name: 'text', data: ['a', null, 'c'], type: 'STRING' as const },
  ];
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: schemaFromColumnData({ columnData }) });
  await writer.write({ columnData });
  const place = writer.row_groups[0]?.columns[1]?.meta_data;
  if (place === undefined) throw new Error('the file has no second column');
  place.data_page_offset = offset;
  delete place.dictionary_page_offset;
  await writer.finish();
  return Buffer.from(bytes.getBytes());
}

test.each([-1_000_000n, 1n << 60n])(
  'a row group whose column is said to begin at byte %s is refused',
  async (offset) => {
    const store = await storeWith({ 'data.parquet': await writeMisplaced(offset) });
    await expect(rowsOf(store, parquet)).rejects.toThrow(
      /data.parquet: row group 1 cannot be read: the file is damaged/,
    );
  },
);
