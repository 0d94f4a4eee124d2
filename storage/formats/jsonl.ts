// Reads JSON Lines: each line is a row with its place. A line that is not a JSON object becomes a refusal, which never quotes the line.

import { isUtf8 } from 'node:buffer';
import { rowBytesMax } from '../../domain/limits.ts';
import type { Json, RefusalReason } from '../../domain/outcome/outcome.ts';
import { jsonFault } from '../lines/json-fault.ts';
import { type Line, lineChunks } from '../lines/json-lines.ts';
import type { Store } from '../store.ts';
import type { DatasetFile, DatasetRow, ReadDatasetOptions } from './rows.ts';

export async function* readJsonl(
  store: Store,
  { uri, limit }: Pick<DatasetFile, 'uri' | 'limit'>,
  { from = { byte: 0, line: 0, row: 0 }, signal }: ReadDatasetOptions,
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

function isBlank({ bytes, length }: Line): boolean {
  if (length === 0) return true;
  // Most lines are records and begin with a brace: only a line that begins with a space or a tab can be blank.
  return bytes !== null && (bytes[0] === 0x20 || bytes[0] === 0x09) && bytes.every((b) => b === 0x20 || b === 0x09);
}

function parseRow(line: Line, row: number): DatasetRow {
  const { bytes, length } = line;
  if (bytes === null) {
    return refuse(line, row, 'row_too_large', `${length} bytes, of ${rowBytesMax} a row may have; shorten it`);
  }
  const text = bytes.toString();
  // Decoding replaces invalid UTF-8 with U+FFFD, so only a line with that character needs its bytes checked.
  if (text.includes('\ufffd') && !isUtf8(bytes)) {
    return refuse(line, row, 'invalid_utf8', 'not valid UTF-8; convert the file to UTF-8');
  }
  const record = parseJson(text);
  if (record === undefined) {
    return refuse(line, row, 'malformed_json', `not valid JSON ${jsonFault(text)}; put one JSON object on each line`);
  }
  if (!isRecord(record)) {
    return refuse(
      line,
      row,
      'not_an_object',
      `${describeKind(record)} where an object is needed; write {"column": value, …}`,
    );
  }
  return { kind: 'row', row, line: line.number, end: line.end, raw: bytes, record };
}

function refuse({ number, end }: Line, row: number, reason: RefusalReason, message: string): DatasetRow {
  return { kind: 'reject', row, line: number, end, reason, message: `line ${number}: ${message}` };
}

/** Undefined if the text is not JSON. */
function parseJson(text: string): Json | undefined {
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
