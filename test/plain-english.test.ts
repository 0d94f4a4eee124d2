// No text of the project has a word that readers had to decode. CONTRIBUTING.md lists these words, with plain ones.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = dirname(import.meta.dirname);
const guide = 'CONTRIBUTING.md';
const [, section = ''] = readFileSync(join(root, guide), 'utf8').split('\n## Words\n');
const rows = [
  ...(section.split('\n## ')[0] ?? '').matchAll(/^\| ([a-z][a-z, ]*[a-z]) +\| ([a-z][a-z, ]*[a-z]) +\|$/gm),
].slice(1);
const avoided = rows.flatMap(([, words = '']) => words.split(', '));

/** "There is no" is plain, and so are "is no longer" and "is no more". */
const pattern = new RegExp(`(?<!\\bthere )\\b(${avoided.join('|')})\\b(?! longer| more)`, 'i');

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
const texts = listed
  .split('\n')
  .filter((path) => /\.(md|ts|mjs|json|yml|sh|example)$/.test(path) && !/^package-lock|\/histories\//.test(path))
  .filter((path) => path !== guide && existsSync(join(root, path)));

test('the list has words and plain forms', () => {
  expect(avoided.length).toBeGreaterThan(30);
  expect(avoided).toContain('mend');
  expect(pattern.test('the job is mended')).toBe(true);
  expect(pattern.test('There is no job, and it is no longer there')).toBe(false);
});

test('no text has a word of the list', () => {
  const found = texts.flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const word = pattern.exec(line)?.[1];
        return word === undefined ? [] : [`${path}:${index + 1}: ${word}`];
      }),
  );
  // The test itself names some.
  expect(found.filter((place) => !place.startsWith('test/plain-english.test.ts'))).toEqual([]);
});
