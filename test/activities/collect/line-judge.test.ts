// How many lines wait for threads: chunks are counted, and large lines by their bytes.

import { expect, test } from 'vitest';
import { LineJudge } from '../../../activities/collect/line-judge.ts';
import { BufferStock } from '../../../threads/buffer-stock.ts';
import type { Threads } from '../../../threads/pool.ts';
import { unreadableLine } from '../../../threads/tasks/judge-lines.ts';

const mebibyte = 1024 * 1024;

/** The most lines of one size that were there at the same time, if each is a chunk of its own. */
async function countAhead(lineBytes: number, lines: number): Promise<number> {
  const threads: Threads = {
    size: 8,
    stock: new BufferStock(),
    run: async () => unreadableLine() as never,
    endCounting: () => undefined,
    close: async () => undefined,
  };
  let [ahead, most, judged] = [0, 0, 0];
  const judge = new LineJudge(threads, '', {
    chunk: () => undefined,
    note: () => undefined,
    line: () => {
      judged += 1;
    },
    endChunk: () => {
      ahead -= 1;
    },
  });
  for (let line = 0; line < lines; line++) {
    judge.add(new Uint8Array(lineBytes));
    ahead += 1;
    most = Math.max(most, ahead);
    await judge.waitForRoom();
  }
  await judge.finish();
  expect(judged).toBe(lines);
  return most;
}

test('lines of a mebibyte wait for every thread, and two more', async () => {
  expect(await countAhead(mebibyte, 15)).toBe(11);
});

test('lines of many mebibytes wait only while they are 32 MiB together', async () => {
  expect(await countAhead(12 * mebibyte, 6)).toBe(3);
});

test('a line that is larger than that is judged alone', async () => {
  expect(await countAhead(40 * mebibyte, 3)).toBe(1);
});
