// Parses one line of JSON Lines, and writes a row as one. It reads no file, so that threads can use it too.

import { isUtf8 } from 'node:buffer';
import { rowBytesMax } from '../../domain/limits.ts';
import type { Json, RefusalReason, RowRefusal } from '../../domain/outcome/outcome.ts';
import { jsonFault } from '../lines/json-fault.ts';
import type { RecordLine } from './rows.ts';

/** A row's columns with their values. */
export type RowRecord = { [column: string]: Json };

export function parseRecord(bytes: Buffer): { readonly record: RowRecord } | RowRefusal {
  const text = bytes.toString();
  // Decoding replaces invalid UTF-8 with U+FFFD, so only a line with that character needs its bytes checked.
  if (text.includes('\ufffd') && !isUtf8(bytes)) {
    return refuse('invalid_utf8', 'not valid UTF-8; convert the file to UTF-8');
  }
  const record = parseJson(text);
  if (record === undefined) {
    return refuse('malformed_json', `not valid JSON ${jsonFault(text)}; put one JSON object on each line`);
  }
  if (isRecord(record)) return { record };
  return refuse('not_an_object', `${describeKind(record)} where an object is needed; write {"column": value, …}`);
}

/** For a line that is longer than any row may be. */
export const refuseLongLine = (length: number): RowRefusal =>
  refuse('row_too_large', `${length} bytes, of ${rowBytesMax} a row may have; shorten it`);

/** A row as JSON text, without bytes if they are more than a row may have. */
export function encodeRow(write: () => string): Pick<RecordLine, 'bytes' | 'length' | 'refusal'> {
  try {
    const bytes = Buffer.from(write());
    return { bytes: bytes.length > rowBytesMax ? null : bytes, length: bytes.length };
  } catch (error) {
    if (isStackTooSmall(error)) return { bytes: null, length: 0, refusal: refuse('template_failed', tooDeep) };
    if (!isTextTooLong(error)) throw error;
    const refusal = refuse('row_too_large', `more than the ${rowBytesMax} bytes that a row may have; shorten it`);
    return { bytes: null, length: 0, refusal };
  }
}

export const tooDeep = 'the row is nested too deeply';

export const isStackTooSmall = (error: unknown): boolean =>
  error instanceof RangeError && error.message.includes('call stack');

/** V8 holds texts of half a gigabyte at most. It has one error for texts that are joined, Node another one for bytes that are decoded. */
export function isTextTooLong(error: unknown): boolean {
  if (error instanceof RangeError) return error.message === 'Invalid string length';
  return error instanceof Error && 'code' in error && error.code === 'ERR_STRING_TOO_LONG';
}

const refuse = (reason: RefusalReason, message: string): RowRefusal => ({ reason, message });

/** Undefined if the text is not JSON. */
function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function isRecord(value: Json): value is RowRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describeKind(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
