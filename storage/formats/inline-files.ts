// Replaces the paths in a row's file columns by the files themselves, as base64 with their type, before the row is rendered.

import type { Json, RowRefusal } from '../../domain/outcome/outcome.ts';
import { holdsLongNumber, parseExactly } from '../../domain/request/long-number.ts';
import { type Store, StoreError, type StoreProblem } from '../store.ts';
import { encodeRow, parseRecord, type RowRecord } from './jsonl-record.ts';
import type { FileRecords, RecordLine } from './rows.ts';

/** No vendor takes a larger one within a request. */
const fileBytesMax = 20 * 1024 * 1024;

type Inlined = { readonly file: Json } | RowRefusal;

export async function* inlineFiles(
  store: Store,
  records: AsyncIterable<FileRecords>,
  columns: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<FileRecords> {
  for await (const { lines, ...place } of records) {
    // One at a time, because a row with its files may be large.
    for (const line of lines) yield { ...place, lines: [await inlineLine(store, line, columns, signal)] };
  }
}

async function inlineLine(
  store: Store,
  line: RecordLine,
  columns: readonly string[],
  signal?: AbortSignal,
): Promise<RecordLine> {
  if (line.bytes === null || line.refusal !== undefined) return line;
  const parsed = parseRecord(line.bytes);
  if ('reason' in parsed) return line;
  const { record } = parsed;
  const text = holdsLongNumber(record) ? line.bytes.toString() : null;
  const files: [column: string, file: Json][] = [];
  for (const column of columns) {
    // Without a value, the row has no such file: the template decides what that means.
    const path = Object.hasOwn(record, column) ? record[column] : null;
    if (path == null || path === '') continue;
    const inlined = await inlineFile(store, path, column, signal);
    if ('reason' in inlined) return { ...line, refusal: inlined };
    files.push([column, inlined.file]);
  }
  const write = (): string => {
    const exact = text === null ? record : parseExactly<RowRecord>(text);
    return JSON.stringify({ ...exact, ...Object.fromEntries(files) });
  };
  return { ...line, ...encodeRow(write) };
}

async function inlineFile(store: Store, path: Json, column: string, signal?: AbortSignal): Promise<Inlined> {
  const refuse = (what: string): RowRefusal => ({
    reason: 'bad_file',
    message: `the file in column ${column} ${what}`,
  });
  if (typeof path !== 'string') return refuse('must be named by a text');
  try {
    const stored = await store.head(path, signal);
    if (stored === null) return refuse('does not exist');
    if (stored.bytes > fileBytesMax) return refuse(`has ${stored.bytes} bytes, of ${fileBytesMax} that it may have`);
    const bytes = await readWhole(store, path, signal);
    const mediaType = findMediaType(bytes);
    if (mediaType === null) return refuse('is neither an image (PNG, JPEG, GIF, WebP), nor PDF, nor audio (WAV, MP3)');
    return { file: { mediaType, base64: bytes.toString('base64') } };
  } catch (error) {
    if (!(error instanceof StoreError) || !isOfFile(error)) throw error;
    return refuse(
      error.problem === 'no_bucket' ? 'is in a bucket that does not exist' : 'is not a file that can be read',
    );
  }
}

/** The row's fault, and not a store that is down. */
const isOfFile = ({ problem }: StoreError): boolean => problemsOfFiles.has(problem);

const problemsOfFiles: ReadonlySet<StoreProblem> = new Set([
  'missing',
  'unreadable',
  'outside_root',
  'bad_uri',
  'no_bucket',
]);

async function readWhole(store: Store, path: string, signal?: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = [];
  // A copy: the source may reuse its chunk.
  for await (const chunk of store.read(path, { signal })) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** By the first bytes, because names may lie and vendors look at the bytes. */
function findMediaType(bytes: Buffer): string | null {
  const head = bytes.toString('latin1', 0, 12);
  return mediaTypes.find(([form]) => form.test(head))?.[1] ?? null;
}

const mediaTypes: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8/, 'image/gif'],
  [/^RIFF.{4}WEBP/s, 'image/webp'],
  [/^%PDF-/, 'application/pdf'],
  [/^RIFF.{4}WAVE/s, 'audio/wav'],
  [/^ID3|^\xff[\xfb\xf3\xf2]/, 'audio/mpeg'],
];
