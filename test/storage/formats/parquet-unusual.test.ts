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
