// Lines are the same however the bytes arrive, and what is written is what was given.

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, lineChunks, lineCursor, lineWriter, readJson } from '../../../storage/lines/json-lines.ts';
import type { Sink, Store } from '../../../storage/store.ts';
import { measureHeld } from '../../support/held-memory.ts';

const bounds = { lineBytesMax: 12 };
/** Bytes that matter to a splitter are common here. */
const bytes = fc
  .array(fc.oneof(fc.constantFrom(10, 13, 0xef, 0xbb, 0xbf), fc.integer({ min: 0, max: 255 })), { maxLength: 80 })
  .chain((array) => fc.constantFrom(array, [0xef, 0xbb, 0xbf, ...array]))
  .map((array) => Buffer.from(array));

/** One buffer used over and over: what a source may do. */
async function* inChunks(content: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  const reused = Buffer.alloc(Math.max(1, ...sizes));
  for (let from = 0, index = 0; from < content.length; index++) {
    const size = Math.min(sizes[index % sizes.length] ?? 1, content.length - from);
    content.copy(reused, 0, from, from + size);
    yield reused.subarray(0, size);
    from += size;
    reused.fill(0);
  }
}

async function linesOf(source: AsyncIterable<Buffer>): Promise<Line[]> {
  const all: Line[] = [];
  for await (const lines of lineChunks(source, bounds)) {
    for (const line of lines) all.push({ ...line, bytes: line.bytes && Buffer.from(line.bytes) });
  }
  return all;
}

/** The same by the book: the whole file in memory. */
function expectedLines(content: Buffer): Line[] {
  const texts = content.toString('latin1').split('\n');
  if (texts.at(-1) === '') texts.pop();
  let start = 0;
  return texts.map((raw, index) => {
    const end = Math.min(content.length, start + raw.length + 1);
    const text = (start === 0 ? raw.replace(/^\xef\xbb\xbf/, '') : raw).replace(/\r$/, '');
    const held = text.length <= bounds.lineBytesMax ? Buffer.from(text, 'latin1') : null;
    const isEnded = end === start + raw.length + 1;
    const line = { number: index + 1, start, end, bytes: held, length: text.length, isEnded };
    start = end;
    return line;
  });
}

test('any chunking of any bytes gives the same lines', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), async (content, sizes) => {
      expect(await linesOf(inChunks(content, sizes))).toEqual(expectedLines(content));
    }),
    { numRuns: 2000 },
  );
});

test('of a file that grows line by line, a last line without its newline is left out', async () => {
  const read = async (text: string): Promise<string[]> => {
    const found: string[] = [];
    const source = inChunks(Buffer.from(text), [4]);
    for await (const lines of lineChunks(source, { ...bounds, endedOnly: true })) {
      found.push(...lines.map((line) => String(line.bytes)));
    }
    return found;
  };
  expect(await read('whole\ntorn')).toEqual(['whole']);
  expect(await read('whole\nwhole\n')).toEqual(['whole', 'whole']);
  expect(await read('torn')).toEqual([]);
});

test('a cursor gives the same lines, without a wait if one is already read', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 30 }), async (content, size) => {
      const cursor = lineCursor(inChunks(content, [size]), bounds);
      const all: Line[] = [];
      for (let line = await cursor.next(); line !== null; line = await cursor.next()) {
        all.push({ ...line, bytes: line.bytes && Buffer.from(line.bytes) });
      }
      expect(await cursor.next()).toBeNull();
      await cursor.close();
      expect(all).toEqual(expectedLines(content));
    }),
  );
  const cursor = lineCursor(inChunks(Buffer.from('a\nb\n'), [4]));
  const first = cursor.next();
  expect(first).toBeInstanceOf(Promise);
  await first;
  expect(cursor.next()).not.toBeInstanceOf(Promise);
});

test('reading on from where a line ended gives the rest with the same numbers and offsets', async () => {
  const content = Buffer.from('one\r\n\ntwo\nthree');
  const all = await linesOf(inChunks(content, [4]));
  const from = all[1];
  if (from === undefined) throw new Error('there are four lines');
  const options = { ...bounds, firstLine: from.number + 1, firstByte: from.end };
  const rest: Line[] = [];
  for await (const lines of lineChunks(inChunks(content.subarray(from.end), [100]), options)) rest.push(...lines);
  expect(rest.map(({ number, start, end }) => ({ number, start, end }))).toEqual(
    all.slice(2).map(({ number, start, end }) => ({ number, start, end })),
  );
});

test('a line of 50 MB past the bound is passed over without being held', async () => {
  async function* source() {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let mb = 0; mb < 50; mb++) yield chunk;
    yield Buffer.from('\nnext\n');
  }
  const before = measureHeld();
  const lines: Line[] = [];
  for await (const some of lineChunks(source(), { lineBytesMax: 1024 * 1024 })) lines.push(...some);
  expect(lines.map(({ length, bytes: held }) => [length, held?.toString() ?? null])).toEqual([
    [50 * 1024 * 1024, null],
    [4, 'next'],
  ]);
  expect(measureHeld() - before).toBeLessThan(4 * 1024 * 1024);
});

function memorySink() {
  const chunks: Uint8Array[] = [];
  const sink: Sink = {
    write: async (chunk) => {
      await new Promise(setImmediate);
      chunks.push(Buffer.from(chunk));
    },
    close: async () => ({ uri: 'file', bytes: 0, version: '' }),
    abort: async () => undefined,
  };
  return { sink, chunks, text: () => Buffer.concat(chunks).toString() };
}

test('what is written is every line with its newline, however large, with the check of exactly that', async () => {
  const texts = ['', 'é'.repeat(700_000), 'x'.repeat(3_000_000), 'short', '日本'.repeat(200_000), 'last'];
  const lines = [...texts, ...texts, ...Array.from({ length: 5000 }, (_, n) => `${n} ${'y'.repeat(n % 900)}`)];
  const { sink, chunks, text } = memorySink();
  const writer = lineWriter(sink);
  for (const [index, line] of lines.entries()) await writer.write(index % 2 === 0 ? line : Buffer.from(line));
  const written = await writer.close();
  const whole = lines.map((line) => `${line}\n`).join('');
  expect(text() === whole).toBe(true);
  expect(written).toMatchObject({ lines: lines.length, bytes: Buffer.byteLength(whole) });
  expect(Number.parseInt(written.crc32, 16)).toBe(crc32(whole));
  expect(written.crc32).toHaveLength(8);
  expect(chunks.length).toBeLessThan(30);
});

test('a failed block makes the next block or the close fail', async () => {
  const sink: Sink = { ...memorySink().sink, write: () => Promise.reject(new Error('disk full')) };
  const writer = lineWriter(sink);
  await writer.write('line');
  await expect(writer.close()).rejects.toThrow('disk full');
});

test('a file of JSON may begin with a byte order mark', async () => {
  const read = async function* () {
    yield Buffer.from('\ufeff{"text":');
    yield Buffer.from('"é"}');
  };
  expect(await readJson({ read } as unknown as Store, 'job.json')).toEqual({ text: 'é' });
});
