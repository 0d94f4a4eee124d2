// A file's text as UTF-8: decompressed, and decoded if the file is in another encoding.

import type { Store } from '../../store.ts';
import { StoreError } from '../../store.ts';
import { refuseFile } from '../unreadable.ts';
import { compressionOf, decompress } from './decompress.ts';
import { detectEncoding, toUtf8, WrongEncoding } from './encoding.ts';

interface TextOptions {
  /** Absent: what the first bytes show. Null: the bytes stay as they are. */
  readonly encoding?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whether the file's bytes are its text. */
export const isPlain = (uri: string): boolean => compressionOf(uri) === null;

/** A chunk is valid until the next one is asked for. Refuses a file that is cut, damaged, or in another encoding. */
export async function* readText(
  store: Store,
  uri: string,
  { encoding, signal }: TextOptions,
): AsyncGenerator<Uint8Array> {
  const bytes = readBytes(store, uri, signal);
  if (encoding === null) return yield* bytes;
  try {
    yield* toUtf8Of(bytes, encoding);
  } catch (error) {
    if (error instanceof WrongEncoding) throw refuseEncoding(uri, error.line, encoding);
    throw error;
  }
}

async function* toUtf8Of(bytes: AsyncIterable<Uint8Array>, given: string | undefined): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]();
  try {
    const head = await readHead(chunks);
    if (head === null) return;
    yield* toUtf8(startingWith(head, chunks), given ?? detectEncoding(head.subarray(0, headBytes)));
  } finally {
    await chunks.return?.();
  }
}

/** That show the encoding. */
const headBytes = 4;

/** As many chunks as have these bytes; null if there is nothing. */
async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> {
  let head: Uint8Array = new Uint8Array();
  while (head.length < headBytes) {
    const next = await chunks.next();
    if (next.done === true) return head.length === 0 ? null : head;
    // A copy, because the source may reuse its chunk.
    head = head.length === 0 && next.value.length >= headBytes ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* startingWith(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* readBytes(store: Store, uri: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const compression = compressionOf(uri);
  const stored = store.read(uri, { signal });
  if (compression === null) return yield* stored;
  let bytes = 0;
  try {
    for await (const chunk of decompress(stored, compression)) {
      bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof StoreError || !isZlibError(error)) throw error;
    throw refuseFile(uri, `the compressed data is cut or damaged after ${bytes} bytes of text: get the file again`);
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_ZLIB)/.test(String(error.code));
}

function refuseEncoding(uri: string, line: number, given: string | undefined) {
  const what = given === undefined ? 'UTF-8 text' : `text in ${given}`;
  return refuseFile(
    uri,
    `it is not ${what} at line ${line}: name its encoding in \`dataset.encoding\`, e.g. "windows-1252"`,
  );
}
