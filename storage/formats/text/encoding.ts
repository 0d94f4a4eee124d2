// Turns text in any encoding into UTF-8 without a byte order mark, chunk by chunk.

import { isUtf8 } from 'node:buffer';

/** The text is not in the encoding. */
export class WrongEncoding extends Error {
  override readonly name = 'WrongEncoding';
  readonly line: number;

  constructor(line: number) {
    super(`wrong encoding near line ${line}`);
    this.line = line;
  }
}

/** What the first bytes show: a byte order mark, or the zeros of UTF-16. */
export function detectEncoding(head: Uint8Array): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head.length < 4 || head.length % 2 === 1) return 'utf-8';
  if (head[1] === 0 && head[3] === 0 && head[0] !== 0) return 'utf-16le';
  return head[0] === 0 && head[2] === 0 && head[1] !== 0 ? 'utf-16be' : 'utf-8';
}

/** A chunk is valid until the next one is asked for. Fails as `WrongEncoding`. */
export async function* toUtf8(source: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<Buffer> {
  const isAlready = new TextDecoder(encoding).encoding === 'utf-8';
  yield* isAlready ? checkUtf8(source) : recode(source, encoding);
}

async function* recode(source: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  const decode = (chunk?: Uint8Array): Buffer => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream: chunk !== undefined }));
    } catch {
      throw new WrongEncoding(line);
    }
  };
  for await (const chunk of source) {
    const text = decode(chunk);
    if (text.length > 0) yield text;
    line += countNewlines(text);
  }
  const last = decode();
  if (last.length > 0) yield last;
}

const markBytes = 3;
const mark = Buffer.from('\ufeff');

/** The bytes as they are, without a byte order mark. A character may be cut by the end of a chunk: its beginning is held back. */
async function* checkUtf8(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  let isStart = true;
  let line = 1;
  for await (const chunk of source) {
    const bytes = held.length === 0 ? asBuffer(chunk) : Buffer.concat([held, chunk]);
    if (isStart && bytes.length < markBytes) {
      held = Buffer.from(bytes);
      continue;
    }
    const whole = bytes.length - countCutBytes(bytes);
    const text = bytes.subarray(isStart && bytes.indexOf(mark) === 0 ? markBytes : 0, whole);
    if (!isUtf8(text)) throw new WrongEncoding(line + countNewlines(text.subarray(0, findFault(text))));
    // A copy, because the source may reuse its chunk.
    held = Buffer.from(bytes.subarray(whole));
    isStart = false;
    if (text.length > 0) yield text;
    line += countNewlines(text);
  }
  if (held.length === 0) return;
  if (!isUtf8(held)) throw new WrongEncoding(line);
  yield held;
}

/** How many of the last bytes begin a character that is not complete. */
function countCutBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

/** The longest sound beginning, by halving. */
function findFault(text: Buffer): number {
  let sound = 0;
  let faulty = text.length;
  while (faulty - sound > 1) {
    const middle = (sound + faulty) >>> 1;
    const part = text.subarray(0, middle);
    if (isUtf8(part.subarray(0, middle - countCutBytes(part)))) sound = middle;
    else faulty = middle;
  }
  return sound;
}

export function countNewlines(text: Uint8Array): number {
  let count = 0;
  for (let at = text.indexOf(10); at !== -1; at = text.indexOf(10, at + 1)) count += 1;
  return count;
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
