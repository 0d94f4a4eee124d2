// CSV as people's programs write it: every value arrives, and what cannot be read is refused with its line.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectToContinueAnywhere, inSmallChunks, recordsOf, rowsOf, storeWith } from './reading.ts';

const csv = { uri: 'data.csv', format: 'csv' } as const;

async function recordsIn(content: string | Buffer, change: object = {}): Promise<unknown[]> {
  return recordsOf(await rowsOf(await storeWith({ 'data.csv': content }), { ...csv, ...change }));
}

test('quoted values keep their delimiters, quotes and newlines, and rows the line on which they begin', async () => {
  const store = await storeWith({
    'data.csv': 'id,text\r\n1,"a, ""b""\r\nc\nd"\r\n\r\n2,\n"3",5" nail\n4,é',
  });
  const rows = await rowsOf(store, csv);
  expect(recordsOf(rows)).toEqual([
    { id: '1', text: 'a, "b"\r\nc\nd' },
    { id: '2', text: '' },
    { id: '3', text: '5" nail' },
    { id: '4', text: 'é' },
  ]);
  expect(rows.map(({ row, line }) => [row, line])).toEqual([
    [1, 2],
    [2, 6],
    [3, 7],
    [4, 8],
  ]);
});

test('a ragged row is refused with its line, and the rows around it are not affected', async () => {
  const store = await storeWith({ 'data.csv': 'id,text\n1,"a\nb"\n2\n3,b,secret\n4,c\n' });
  const rows = await rowsOf(store, csv);
  expect(rows.map(({ kind, row, line }) => [kind, row, line])).toEqual([
    ['row', 1, 2],
    ['reject', 2, 4],
    ['reject', 3, 5],
    ['row', 4, 6],
  ]);
  expect(recordsOf(rows)[1]).toEqual([
    'ragged_row',
    'line 4: 1 values where the header has 2 columns; quote a value that holds a delimiter or a newline',
  ]);
  expect(JSON.stringify(rows)).not.toContain('secret');
});

test.each([[','], [';'], ['\t'], ['|']])('the delimiter %j is found in the first lines', async (delimiter) => {
  const line = (...values: string[]): string => `${values.join(delimiter)}\n`;
  const text = line('id', 'a,b|c', 'text') + line('1', '"x;,\t|;;;"', 'y') + line('2', 'é', '"a;b"');
  const quoted = text.replace('a,b|c', '"a,b|c"');
  expect(await recordsIn(quoted)).toEqual([
    { id: '1', 'a,b|c': 'x;,\t|;;;', text: 'y' },
    { id: '2', 'a,b|c': 'é', text: 'a;b' },
  ]);
});

test('a delimiter that is given is used, and a file of one column needs none', async () => {
  expect(await recordsIn('a:b\n1:2\n', { delimiter: ':' })).toEqual([{ a: '1', b: '2' }]);
  expect(await recordsIn('text\n"hello; you, there"\n')).toEqual([{ text: 'hello; you, there' }]);
});

test.each([
  ['\ufeffid,text\n1,é\n', 'utf8', {}],
  ['\ufeffid,text\n1,é\n', 'utf16le', {}],
  ['id,text\n1,é\n', 'utf16le', {}],
  ['id,text\n1,é\n', 'latin1', { encoding: 'windows-1252' }],
  ['id,text\n1,é\n', 'latin1', { encoding: 'latin1' }],
] as const)('%j is read as %s', async (text, encoding, change) => {
  expect(await recordsIn(Buffer.from(text, encoding), change)).toEqual([{ id: '1', text: 'é' }]);
});

test('UTF-16 with the high byte first is known by its mark', async () => {
  expect(await recordsIn(Buffer.from('\ufeffid,text\n1,é\n', 'utf16le').swap16())).toEqual([{ id: '1', text: 'é' }]);
});

test.each([1, 2, 3])('the encoding is known although the first chunk has %s bytes', async (bytes) => {
  const text = Buffer.from('\ufeffid,text\n1,é\n', 'utf16le');
  for (const content of [text, Buffer.from(text).swap16(), text.subarray(2)]) {
    const store = inSmallChunks(await storeWith({ 'data.csv': content }), bytes);
    expect(recordsOf(await rowsOf(store, csv))).toEqual([{ id: '1', text: 'é' }]);
  }
});

test.each(['utf-16le', 'utf-16be'])('half of a character in %s is refused with its line', async (encoding) => {
  const content = Buffer.from('\ufeffid,text\n1,a\n2,b\ud83d\n', 'utf16le');
  const file = encoding === 'utf-16be' ? content.swap16() : content;
  await expect(recordsIn(file)).rejects.toThrow(/it is not .* at line/);
});

test('a file in another encoding is refused with the line and the way out, not read with other characters', async () => {
  const content = Buffer.from(`id,text\n${'1,abc\n'.repeat(50_000)}2,caf\xe9\n`, 'latin1');
  await expect(recordsIn(content)).rejects.toMatchObject({
    kind: 'dataset_unreadable',
    message: expect.stringMatching(/^dataset: data.csv: it is not UTF-8 text at line 50002: .*dataset.encoding/),
  });
  const shiftJis = recordsIn(Buffer.from('id,text\n1,\x80\xff\n', 'latin1'), { encoding: 'shift_jis' });
  await expect(shiftJis).rejects.toThrow('it is not text in shift_jis at line');
});

test.each([
  ['id,,text\n1,2,3\n', /column 2 has no name/],
  ['id,text,id\n1,2,3\n', /columns 1 and 3 have the same name/],
  ['id, id\n1,2\n', /columns 1 and 2 have the same name/],
  ['"id,text\n1,2\n3,4\n', /does not begin with a row of column names/],
  ['id,text\n1,"2\n3,4\n', /a quoted value does not end/],
])('%j is refused as a whole', async (content, why) => {
  await expect(recordsIn(content)).rejects.toMatchObject({
    kind: 'dataset_unreadable',
    message: expect.stringMatching(why),
  });
});

test('an empty file, and one with a header alone, have no rows', async () => {
  expect(await recordsIn('')).toEqual([]);
  expect(await recordsIn('id,text\n')).toEqual([]);
  expect(await recordsIn('id,text')).toEqual([]);
});

test('a column may have any name, also one that objects have already', async () => {
  const [row] = await rowsOf(await storeWith({ 'data.csv': '__proto__,constructor\n1,2\n' }), csv);
  expect(row?.kind === 'row' && row.raw.toString()).toBe('{"__proto__":"1","constructor":"2"}');
});

const value = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r\n', 'é', '😀', ' '), maxLength: 6 });
const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;

test('whatever the values and the chunks are, the rows are the same, and reading continues after any of them', async () => {
  const table = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(table, fc.integer({ min: 1, max: 9 }), async (records, bytes) => {
      const lines = records.map((record) => `${record.map(quote).join(',')}\n`);
      const store = await storeWith({ 'data.csv': `"a","b"\n${lines.join('')}` });
      const small = inSmallChunks(store, bytes);
      const rows = await rowsOf(small, csv);
      expect(recordsOf(rows)).toEqual(records.map(([a, b]) => ({ a, b })));
      expect(await rowsOf(store, csv)).toEqual(rows);
      await expectToContinueAnywhere(small, csv);
    }),
    { numRuns: 60 },
  );
});
