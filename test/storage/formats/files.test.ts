// Several files as one dataset: in a fixed order, with rows that are numbered on, and a fingerprint of all.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { matchesPattern } from '../../../domain/dataset.ts';
import { computeFingerprint, listFiles } from '../../../storage/formats/files.ts';
import { createFileStore } from '../../../storage/local/store.ts';
import { expectToContinueAnywhere, recordsOf, rowsOf, storeWith } from './reading.ts';

test.each([
  ['data/*.jsonl', 'data/a.jsonl', true],
  ['data/*.jsonl', 'data/.jsonl', true],
  ['data/*.jsonl', 'data/x/a.jsonl', false],
  ['data/*.jsonl', 'data/a.jsonl.gz', false],
  ['data/**/*.jsonl', 'data/a.jsonl', true],
  ['data/**/*.jsonl', 'data/x/y/a.jsonl', true],
  ['data/a.jsonl', 'data/aXjsonl', false],
  ['2026-*/(x)+.csv', '2026-01/(x)+.csv', true],
])('%s matches %s: %s', (pattern, uri, expected) => {
  expect(matchesPattern(pattern, uri)).toBe(expected);
});

const files = {
  'b.jsonl': '{"a":3}\nxyz\n',
  'a.jsonl': '\n{"a":1}\n{"a":2}',
  'c.jsonl.gz': gzipSync('{"a":5}\n'),
  'd.txt': 'no row',
};

test('the files of a pattern are read by name, a list as it is written, and each file once', async () => {
  const store = await storeWith(files);
  expect(await listFiles(store, '*.jsonl*')).toEqual(['a.jsonl', 'b.jsonl', 'c.jsonl.gz']);
  expect(await listFiles(store, ['c.jsonl.gz', '*.jsonl*'])).toEqual(['c.jsonl.gz', 'a.jsonl', 'b.jsonl']);
  await expect(listFiles(store, ['a.jsonl', 'x*.jsonl'])).rejects.toMatchObject({
    problem: 'missing',
    uri: 'x*.jsonl',
  });
});

test('rows are numbered on, lines are those of their file, and reading continues after any row', async () => {
  const store = await storeWith(files);
  const dataset = { uri: '*.jsonl*', format: 'jsonl' } as const;
  const rows = await rowsOf(store, dataset);
  expect(rows.map(({ kind, row, line, file }) => [kind, row, line, file])).toEqual([
    ['row', 1, 2, 'a.jsonl'],
    ['row', 2, 3, 'a.jsonl'],
    ['row', 3, 1, 'b.jsonl'],
    ['reject', 4, 2, 'b.jsonl'],
    ['row', 5, 1, 'c.jsonl.gz'],
  ]);
  await expectToContinueAnywhere(store, dataset);
  expect(recordsOf(await rowsOf(store, { ...dataset, limit: 3 }))).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
});

test('the fingerprint changes if any file changes, appears or disappears', async () => {
  const root = await mkdtemp(join(tmpdir(), 'nightshift-dataset-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'in'));
  const store = createFileStore({ root });
  const seen = new Set<string>();
  const look = async (): Promise<void> => {
    seen.add(await computeFingerprint(store, 'in/*.csv'));
  };
  await writeFile(join(root, 'in/a.csv'), 'a\n1\n');
  await look();
  await look();
  expect(seen.size).toBe(1);
  await writeFile(join(root, 'in/b.csv'), 'a\n1\n');
  await look();
  await writeFile(join(root, 'in/b.csv'), 'a\n12\n');
  await look();
  await writeFile(join(root, 'in/c.csv'), 'a\n12\n');
  await rm(join(root, 'in/b.csv'));
  await look();
  expect(seen.size).toBe(4);
  await expect(computeFingerprint(store, ['in/a.csv', 'in/none.csv'])).rejects.toMatchObject({ problem: 'missing' });
});
