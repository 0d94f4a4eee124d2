// Compressed files: every row arrives, and a file that is cut or damaged fails instead of losing its end.

import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readRecords } from '../../../storage/formats/dataset.ts';
import { expectToContinueAnywhere, inSmallChunks, recordsOf, rowsOf, storeWith } from './reading.ts';

const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `{"a":${from + index},"r":"${(from + index) * 7919}"}\n`).join('');
const numbers = (count: number): unknown[] => Array.from({ length: count }, (_, a) => ({ a, r: `${a * 7919}` }));

const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const compress = { gz: (text: string) => gzipSync(text), zst: (text: string) => zstdCompressSync(text, checked) };
const both = ['gz', 'zst'] as const;

test.each(both)('JSON Lines and CSV in .%s, in one piece or in several, and continued after any row', async (name) => {
  const pack = compress[name];
  const store = await storeWith({
    [`rows.jsonl.${name}`]: Buffer.concat([pack(lines(0, 20)), pack(lines(20, 5)), pack(''), pack(lines(25, 5))]),
    [`rows.csv.${name}`]: pack('a,b\n1,"2\n3"\n4,5\n'),
  });
  for (const bytes of [7, 100_000]) {
    const small = inSmallChunks(store, bytes);
    const jsonl = { uri: `rows.jsonl.${name}`, format: 'jsonl' } as const;
    const csv = { uri: `rows.csv.${name}`, format: 'csv' } as const;
    expect(recordsOf(await rowsOf(small, jsonl))).toEqual(numbers(30));
    expect(recordsOf(await rowsOf(small, csv))).toEqual([
      { a: '1', b: '2\n3' },
      { a: '4', b: '5' },
    ]);
    await expectToContinueAnywhere(small, jsonl);
    await expectToContinueAnywhere(small, csv);
  }
});

test.each(both)('a .%s file that is cut anywhere, or changed, or continued by something else, fails', async (name) => {
  const whole = compress[name](lines(0, 2000));
  const twice = Buffer.concat([whole, whole]);
  const changed = Buffer.from(whole);
  changed[whole.length - 2] = (changed[whole.length - 2] ?? 0) ^ 0xff;
  const files = {
    early: whole.subarray(0, 3),
    half: whole.subarray(0, whole.length / 2),
    late: whole.subarray(0, whole.length - 1),
    second: twice.subarray(0, whole.length + 5),
    secondLate: twice.subarray(0, twice.length - 1),
    changed,
    continued: Buffer.concat([whole, Buffer.from('{"a":1}\n')]),
    other: Buffer.from('{"a":1}\n'),
  };
  const store = await storeWith(
    Object.fromEntries(Object.entries(files).map(([file, bytes]) => [`${file}.jsonl.${name}`, bytes])),
  );
  for (const file of Object.keys(files)) {
    const uri = `${file}.jsonl.${name}`;
    for (const bytes of [100, 1_000_000]) {
      await expect(rowsOf(inSmallChunks(store, bytes), { uri, format: 'jsonl' }), uri).rejects.toMatchObject({
        kind: 'dataset_unreadable',
        message: expect.stringMatching(/: the compressed data is cut or damaged after \d+ bytes of text/),
      });
    }
  }
});

test.each(both)('what compresses a thousandfold comes in small chunks', async (name) => {
  const store = await storeWith({
    [`rows.jsonl.${name}`]: compress[name](`{"a":"${'x'.repeat(1000)}"}\n`.repeat(64_000)),
  });
  const chunks: number[] = [];
  for await (const { lines: some } of readRecords(store, { uri: `rows.jsonl.${name}`, format: 'jsonl', limit: null })) {
    chunks.push(some.length);
  }
  expect(chunks.reduce((sum, each) => sum + each, 0)).toBe(64_000);
  expect(Math.max(...chunks)).toBeLessThan(1000);
});
