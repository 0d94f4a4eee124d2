// How many lines wait for threads: chunks are counted, and large lines by their bytes. What becomes of lines whose thread dies.

import { expect, test } from 'vitest';
import { LineJudge } from '../../../activities/collect/line-judge.ts';
import { BufferStock } from '../../../threads/buffer-stock.ts';
import { eachLine, type PackedLines } from '../../../threads/packed-lines.ts';
import type { Threads } from '../../../threads/pool.ts';
import { ThreadDied } from '../../../threads/pooled-thread.ts';
import { type JudgedLines, lineKinds, unreadableLine } from '../../../threads/tasks/judge-lines.ts';

const mebibyte = 1024 * 1024;

/** The most lines of one size that were there at the same time, if each is a chunk of its own. */
async function countAhead(lineBytes: number, lines: number): Promise<number> {
  const threads: Threads = {
    size: 8,
    stock: new BufferStock(),
    run: async () => unreadableLine() as never,
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

/** What is handed on of lines: `null` if it is unreadable. A thread dies when `dies` says so of the lines that it was given. */
async function judgeWith(lines: readonly string[], dies: (lines: readonly string[]) => boolean | Error) {
  const threads: Threads = {
    size: 2,
    stock: new BufferStock(),
    run: async (_name, input) => {
      const given: string[] = [];
      const { lines: packed } = input as unknown as { readonly lines: PackedLines };
      eachLine(packed, (line) => given.push(line.toString()));
      structuredClone(packed.bytes.buffer, { transfer: [packed.bytes.buffer] });
      const fails = dies(given);
      if (fails !== false) throw fails === true ? new ThreadDied('the heap is full', true) : fails;
      return judged(given) as never;
    },
    close: async () => undefined,
  };
  const handedOn: (string | null)[] = [];
  const judge = new LineJudge(threads, '', {
    chunk: () => undefined,
    note: () => undefined,
    line: ({ kinds, texts }, index) => {
      eachLine(texts, (text, at) => {
        if (at === index) handedOn.push(kinds[index] === lineKinds.unreadable ? null : text.toString());
      });
    },
    endChunk: () => undefined,
  });
  for (const line of lines) judge.add(Buffer.from(line));
  await judge.finish();
  return handedOn;
}

function judged(lines: readonly string[]): JudgedLines {
  let end = 0;
  return {
    ...unreadableLine(),
    kinds: new Uint8Array(lines.length).fill(lineKinds.answered),
    texts: {
      bytes: new Uint8Array(Buffer.from(lines.join(''))),
      ends: Uint32Array.from(lines, (line) => (end += Buffer.byteLength(line))),
    },
  };
}

const three = ['first', 'zwéite 😀', 'third'];

test('a line that ends its thread with others and alone is unreadable, and its neighbours are judged', async () => {
  const isHeavy = (lines: readonly string[]): boolean => lines.includes('zwéite 😀');
  expect(await judgeWith(three, isHeavy)).toEqual(['first', null, 'third']);
});

test('a thread that dies once makes no line unreadable', async () => {
  expect(await judgeWith(three, (lines) => lines.length > 1)).toEqual(three);
});

test('a failure that is not the death of a thread makes no line unreadable: it is passed on', async () => {
  const fails = (lines: readonly string[]): true | Error => lines.length > 1 || new Error('a thread could not start');
  await expect(judgeWith(three, fails)).rejects.toThrow('could not start');
});
