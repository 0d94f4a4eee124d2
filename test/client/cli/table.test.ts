// Tables with ids of any length and any script.

import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { rowsText } from '../../../client/cli/print/table.ts';
import { textWidth } from '../../../client/cli/print/text-width.ts';

const linesOf = (rows: Parameters<typeof rowsText>[0], width: number): string[] =>
  stripVTControlCharacters(rowsText(rows, width).text).split('\n');

test('one long id is on a line of its own, and takes no column from the others', () => {
  const long = 'x'.repeat(300);
  const rows = [
    { id: 'a', state: 'complete', why: ['one', 'two'] },
    { id: long, state: 'failed', why: null },
  ];
  expect(linesOf(rows, 40)).toEqual([
    'id  state     why',
    'a   complete  one',
    '              two',
    long,
    '    failed    -',
  ]);
  expect(rowsText(rows, 40).omitted).toEqual([]);
});

test('an id that is the only column, or that has all the room, stays in its line', () => {
  const long = 'x'.repeat(60);
  expect(linesOf([{ id: long }], 40)).toEqual(['id', long]);
  expect(linesOf([{ id: long, state: 'failed' }], Number.POSITIVE_INFINITY)).toContain(`${long}  failed`);
});

test('characters that take two columns count as two', () => {
  expect(['日本語', '한국어', 'naïve', 'e\u0301', '🎉', 'abc'].map(textWidth)).toEqual([6, 6, 5, 1, 2, 3]);
  const rows = [{ id: 'a', answer: '日本語の仕事'.repeat(3), model: 'm' }];
  expect(rowsText(rows, 46).omitted).toEqual(['model']);
  expect(rowsText(rows, 47).omitted).toEqual([]);
});
