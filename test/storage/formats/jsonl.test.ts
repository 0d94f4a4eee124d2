// A dataset's rows and refusals: numbered as a person would, read on from any row, and never quoted.

import { isUtf8 } from 'node:buffer';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rowBytesMax } from '../../../domain/limits.ts';
import { computeFingerprint, readDataset } from '../../../storage/formats/dataset.ts';
import { encodeRow } from '../../../storage/formats/jsonl-record.ts';
import type { DatasetRow, ReadDatasetOptions } from '../../../storage/formats/rows.ts';
import { createFileStore } from '../../../storage/local/store.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'nightshift-dataset-'));
});
afterAll(() => rm(root, { recursive: true }));

async function rowsOf(content: string | Buffer, limit: number | null = null, options?: ReadDatasetOptions) {
  await writeFile(join(root, 'data.jsonl'), content);
  const file = { uri: 'data.jsonl', format: 'jsonl', limit } as const;
  const all: DatasetRow[] = [];
  for await (const rows of readDataset(createFileStore({ root }), file, options)) all.push(...rows);
  return all;
}

async function onlyReject(line: string | Buffer) {
  const [row, ...others] = await rowsOf(Buffer.concat([Buffer.from(line), Buffer.from('\n')]));
  if (row?.kind !== 'reject' || others.length > 0) throw new Error('one refusal was expected');
  return row;
}

test('blank lines, CRLF, a byte order mark and a missing last newline change no row', async () => {
  const rows = await rowsOf('\ufeff{"a":1}\r\n\r\n \t\n{"a":"é"}\n\n{"a":3}');
  expect(rows.map((row) => [row.kind, row.row, row.line, row.kind === 'row' && row.record.a])).toEqual([
    ['row', 1, 1, 1],
    ['row', 2, 4, 'é'],
    ['row', 3, 6, 3],
  ]);
  expect(rows.map((row) => row.kind === 'row' && row.raw.toString())).toEqual(['{"a":1}', '{"a":"é"}', '{"a":3}']);
});

test('a row is what its bytes say, though rows before and after it are refused', async () => {
  const rows = await rowsOf('{"a":1}\nsecret\n[1]\n{"a":2}\n');
  expect(rows.map(({ kind, row, line }) => [kind, row, line])).toEqual([
    ['row', 1, 1],
    ['reject', 2, 2],
    ['reject', 3, 3],
    ['row', 4, 4],
  ]);
});

test.each([
  ['xyz', 'at character 1'],
  ['{"secret":1,}', 'at character 13'],
  ['{"secret":', 'ends too early'],
  ['{"secret":secret}', 'at character 11'],
  ['{"a":"at position 77",secret', 'at character 23'],
  ['at position 77', 'at character 1'],
  ['{"a":1} secret', 'at character 9'],
  ['{"a":"secret', 'at character'],
  [`{"a":"${'secret'.repeat(100)}" "b"`, 'at character 609'],
])('%j is malformed %s', async (line, place) => {
  const { reason, message } = await onlyReject(line);
  expect(reason).toBe('malformed_json');
  expect(message).toContain('line 1: not valid JSON ');
  expect(message).toContain(place);
  expect(message).not.toMatch(/secret|xyz|77/);
});

test.each([
  ['null', 'null'],
  ['[1]', 'an array'],
  ['"secret"', 'a string'],
  ['17', 'a number'],
  ['true', 'a boolean'],
])('%s is not a row', async (line, kind) => {
  const { reason, message } = await onlyReject(line);
  expect([reason, message]).toEqual([
    'not_an_object',
    `line 1: ${kind} where an object is needed; write {"column": value, …}`,
  ]);
});

test('bytes that are not UTF-8 are refused, not repaired', async () => {
  const { reason } = await onlyReject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
  expect(reason).toBe('invalid_utf8');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 6 }), async (bytes) => {
      if (bytes.includes(10)) return;
      const [row] = await rowsOf(Buffer.concat([Buffer.from('{"a":"'), bytes, Buffer.from('"}')]));
      expect(row?.kind === 'reject' && row.reason === 'invalid_utf8').toBe(!isUtf8(bytes));
    }),
  );
  expect(await rowsOf('{"a":"\ufffd"}')).toMatchObject([{ kind: 'row' }]);
});

test('a row past the bound is refused and the next one read', async () => {
  const rows = await rowsOf(`{"a":"${'x'.repeat(rowBytesMax)}"}\n{"a":1}\n`);
  expect(rows.map((row) => (row.kind === 'reject' ? row.reason : row.row))).toEqual(['row_too_large', 2]);
});

test('a row whose text would be longer than any text is refused like one that is too long', () => {
  expect(encodeRow(() => '{"a":1}')).toEqual({ bytes: Buffer.from('{"a":1}'), length: 7 });
  for (const write of [() => 'x'.repeat(2 ** 29), () => Buffer.allocUnsafeSlow(2 ** 29).toString()]) {
    expect(encodeRow(write)).toMatchObject({
      bytes: null,
      refusal: { reason: 'row_too_large', message: expect.stringContaining('shorten it') },
    });
  }
  expect(() => encodeRow(() => String(new Array(-1)))).toThrow(RangeError);
});

test('no word of a line is in a message about it', async () => {
  const word = fc.stringMatching(/^[a-z]{12,20}$/);
  const around = fc.constantFrom('{"', '"', '[', '{"a":', '{"a":"b",', '', '-', '\\', '{"a":"\u0001');
  await fc.assert(
    fc.asyncProperty(around, word, fc.constantFrom('', '}', '"}', '"', ',', '":1,}'), async (before, text, after) => {
      for (const row of await rowsOf(`${before}${text}${after}`)) {
        if (row.kind === 'reject') expect(row.message).not.toContain(text);
      }
    }),
  );
});

test('reading on after any row gives the rest, and a limit counts from the beginning', async () => {
  const line = fc.constantFrom('{"a":1}', '{"é":"\\n"}', '', '  ', 'broken', '[]');
  const lines = fc.array(line, { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.constantFrom('\n', '\r\n'),
      fc.nat(12),
      fc.nat(12),
      async (texts, newline, at, limit) => {
        const content = texts.map((text) => text + newline).join('');
        const all = await rowsOf(content);
        expect(await rowsOf(content, limit)).toEqual(all.slice(0, limit));
        const from = all[at];
        if (from === undefined) return;
        const position = { byte: from.end, line: from.line, row: from.row };
        expect(await rowsOf(content, null, { from: position })).toEqual(all.slice(at + 1));
        expect(await rowsOf(content, limit, { from: position })).toEqual(all.slice(at + 1, Math.max(at + 1, limit)));
      },
    ),
  );
});

test('a fingerprint changes with the file, and what cannot be read has none', async () => {
  const store = createFileStore({ root });
  await writeFile(join(root, 'a'), 'one');
  const before = await computeFingerprint(store, 'a');
  expect(await computeFingerprint(store, 'a')).toBe(before);
  await writeFile(join(root, 'a'), 'more');
  expect(await computeFingerprint(store, 'a')).not.toBe(before);
  await mkdir(join(root, 'folder'));
  await writeFile(join(root, 'empty'), '');
  expect(await computeFingerprint(store, 'empty')).toMatch(/^0-/);
  await expect(computeFingerprint(store, 'none')).rejects.toMatchObject({ problem: 'missing' });
  await expect(computeFingerprint(store, 'folder')).rejects.toMatchObject({ problem: 'unreadable' });
  await expect(computeFingerprint(store, '../x')).rejects.toMatchObject({ problem: 'outside_root' });
});
