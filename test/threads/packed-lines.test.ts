// Lines that are packed into one buffer are read back as they were.

import { expect, test } from 'vitest';
import { BufferStock } from '../../threads/buffer-stock.ts';
import { eachLine, LinePacker } from '../../threads/packed-lines.ts';

test.for([
  ['short texts', 'a', 3],
  ['texts of three bytes a character, which fill the first buffer', '漢', 600_000],
  ['texts of two bytes a character, over several buffers', 'ü', 2_000_000],
  ['pairs of surrogates', '😀', 500_000],
] as const)('%s', ([, character, count]) => {
  const packer = new LinePacker(new BufferStock(), 1);
  const texts = ['begin', character.repeat(count), `${character} end`, ''];
  for (const text of texts) {
    packer.addText(text);
    packer.endLine();
  }
  const read: string[] = [];
  eachLine(packer.finish(), (line) => read.push(line.toString()));
  expect(read.map(({ length }) => length)).toEqual(texts.map(({ length }) => length));
  expect(read.every((line, index) => line === texts[index])).toBe(true);
});
