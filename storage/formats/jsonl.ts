// A dataset's rows, in order, each with its place; a line that is no row becomes a refusal, and its text stays where it is.

import { isUtf8 } from 'node:buffer';
import { rowBytesMax } from '../../domain/limits.ts';
import type { Json, RefusalReason } from '../../domain/outcome/outcome.ts';
import { jsonFault } from '../lines/json-fault.ts';
import { type Line, lineChunks } from '../lines/json-lines.ts';
import { type Store, StoreError } from '../store.ts';

export interface DatasetFile {
  readonly uri: string;
  readonly format: 'jsonl';
  /** Rows to read at most, from the beginning; null: all. */
  readonly limit: number | null;
}

export type DatasetRow =
  | {
      readonly kind: 'row';
      /** Number of the record, refused ones counted and blank lines not, from 1. */
      readonly row: number;
      readonly line: number;
      /** Offset after its newline. */
      readonly end: number;
      /** The record's bytes: a view, valid until the next chunk is asked for. */
      readonly raw: Buffer;
      readonly record: { [column: string]: Json };
    }
  | {
      readonly kind: 'reject';
      readonly row: number;
      readonly line: number;
      readonly end: number;
      readonly reason: RefusalReason;
      /** Ours: it never quotes the line. */
      readonly message: string;
    };

/** The last row that was dealt with, as it named itself: reading goes on after it. */
export interface DatasetPosition {
  readonly byte: number;
  readonly line: number;
  readonly row: number;
}

export interface ReadDatasetOptions {
  readonly from?: DatasetPosition | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rows in arrays, one array a chunk of the file. */
export async function* readDataset(
  store: Store,
  { uri, limit }: DatasetFile,
  { from = { byte: 0, line: 0, row: 0 }, signal }: ReadDatasetOptions = {},
): AsyncGenerator<readonly DatasetRow[]> {
  const rowMax = limit ?? Number.POSITIVE_INFINITY;
  let row = from.row;
  if (row >= rowMax) return;
  const source = store.read(uri, { signal, start: from.byte });
  const bounds = { lineBytesMax: rowBytesMax, firstLine: from.line + 1, firstByte: from.byte };
  for await (const lines of lineChunks(source, bounds)) {
    const rows: DatasetRow[] = [];
    for (const line of lines) {
      if (row >= rowMax) break;
      if (!isBlank(line)) rows.push(parseRow(line, ++row));
    }
    if (rows.length > 0) yield rows;
    if (row >= rowMax) return;
  }
}

/** Changes whenever the content may have; fails as `missing` or `unreadable` where there is nothing to read. */
export async function computeFingerprint(store: Store, uri: string, signal?: AbortSignal): Promise<string> {
  for await (const _ of store.read(uri, { signal })) break;
  const stored = await store.head(uri, signal);
  if (stored === null) throw new StoreError('missing', uri);
  return stored.version;
}

function isBlank({ bytes, length }: Line): boolean {
  if (length === 0) return true;
  // A record begins with a brace: only what begins with a space or a tab can be blank.
  return bytes !== null && (bytes[0] === 0x20 || bytes[0] === 0x09) && bytes.every((b) => b === 0x20 || b === 0x09);
}

function parseRow(line: Line, row: number): DatasetRow {
  const { bytes, length } = line;
  if (bytes === null) {
    return refused(line, row, 'row_too_large', `${length} bytes, of ${rowBytesMax} a row may have; shorten it`);
  }
  const text = bytes.toString();
  // Decoding marks whatever is no UTF-8 with U+FFFD, so that only a line with that character needs a look at its bytes.
  if (text.includes('\ufffd') && !isUtf8(bytes)) {
    return refused(line, row, 'invalid_utf8', 'not valid UTF-8; convert the file to UTF-8');
  }
  const record = parsed(text);
  if (record === undefined) {
    return refused(line, row, 'malformed_json', `not valid JSON ${jsonFault(text)}; put one JSON object on each line`);
  }
  if (!isRecord(record)) {
    return refused(
      line,
      row,
      'not_an_object',
      `${describeKind(record)} where an object is needed; write {"column": value, …}`,
    );
  }
  return { kind: 'row', row, line: line.number, end: line.end, raw: bytes, record };
}

function refused({ number, end }: Line, row: number, reason: RefusalReason, message: string): DatasetRow {
  return { kind: 'reject', row, line: number, end, reason, message: `line ${number}: ${message}` };
}

/** Undefined where it is no JSON. */
function parsed(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function isRecord(value: Json): value is { [column: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describeKind(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
