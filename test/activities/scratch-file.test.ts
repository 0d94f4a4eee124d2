// Texts come back as they were appended, from memory or from the file, and no file is left.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ScratchFile } from '../../activities/scratch-file.ts';

function openScratch() {
  const scratch = mkdtempSync(join(tmpdir(), 'nightshift-scratch-test-'));
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
  return { file: new ScratchFile({ scratch, randomHex: () => '00' }, 'texts'), files: () => readdirSync(scratch) };
}

test('few texts stay in memory: there is no file', () => {
  const { file, files } = openScratch();
  const places = ['one', 'zwölf', '🌙'].map((text) => file.append(text));
  expect(places.toReversed().map((place) => file.read(place))).toEqual(['🌙', 'zwölf', 'one']);
  expect(files()).toEqual([]);
  file.close();
});

test('texts that do not fit into memory come back in any order, and the file goes when it is closed', () => {
  const { file, files } = openScratch();
  // Some longer than a window of reading, one longer than all that is kept in memory.
  const lengths = Array.from({ length: 120 }, (_, index) => (index * 7919) % 200_000);
  const texts = [...lengths, 9_000_000, 10, 0, 20].map((length, index) => `${index}é`.padEnd(length, 'ö'));
  const places = texts.map((text) => file.append(text));
  expect(files()).toEqual(['texts-00']);
  const order = texts.map((_, index) => index).toSorted((a, b) => ((a * 31) % 97) - ((b * 31) % 97));
  for (const index of [...order, ...order.toReversed()]) {
    expect(file.read(places[index] ?? { offset: 0, length: 0 }) === texts[index]).toBe(true);
  }
  file.close();
  expect(files()).toEqual([]);
});
