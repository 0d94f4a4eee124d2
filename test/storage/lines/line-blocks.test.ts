// A stream of bytes as blocks of whole lines: nothing is lost at the edges of pieces, or at the end.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineBlocks } from '../../../storage/lines/line-blocks.ts';

async function readBlocks(pieces: readonly string[]): Promise<string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    // Like a file that is read into one buffer.
    const reused = Buffer.alloc(100);
    for (const piece of pieces) yield reused.subarray(0, reused.write(piece));
  }
  const blocks: string[] = [];
  for await (const block of lineBlocks(source())) blocks.push(Buffer.from(block).toString());
  return blocks;
}

test('a last line without a newline gets one', async () => {
  expect(await readBlocks(['one\ntw', 'o'])).toEqual(['one\n', 'two\n']);
  expect(await readBlocks(['one'])).toEqual(['one\n']);
  expect(await readBlocks([])).toEqual([]);
});

test('blocks are whole lines, and together they are the stream', async () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', '\n'), maxLength: 12 }));
  await fc.assert(
    fc.asyncProperty(pieces, async (given) => {
      const blocks = await readBlocks(given);
      const text = given.join('');
      expect(blocks.join('')).toBe(text === '' || text.endsWith('\n') ? text : `${text}\n`);
      expect(blocks.every((block) => block.endsWith('\n'))).toBe(true);
    }),
  );
});
