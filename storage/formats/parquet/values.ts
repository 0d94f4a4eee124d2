// Values of Parquet as JSON: what JSON has no type for becomes text, and no digit is lost.

import { isUtf8 } from 'node:buffer';
import type { ConvertedType, FileMetaData, ParquetReadOptions, SchemaElement, SchemaTree } from 'hyparquet';

type Parsers = NonNullable<ParquetReadOptions['parsers']>;

/** Digits that a number of JSON keeps. */
const exactDigits = 15;
const dayMs = 86_400_000;

/** Times as ISO 8601. */
export const jsonParsers: Parsers = {
  timestampFromMilliseconds: (millis) => formatTime(BigInt(millis), 3),
  timestampFromMicroseconds: (micros) => formatTime(BigInt(micros), 6),
  timestampFromNanoseconds: (nanos) => formatTime(BigInt(nanos), 9),
  dateFromDays: (days) => formatDate(days),
  jsonFromBytes: (bytes) => parseJson(bytes),
  stringFromBytes: (bytes) => bytes && parseText(bytes),
};

/** A text that is not UTF-8: decoded, it would have other characters. */
const notText = Symbol('not UTF-8');

/** Thrown when the row of such a text is written. */
export class NotText extends Error {
  override readonly name = 'NotText';
}

function parseText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString();
  // The library passes on whatever a parser returns.
  return text.includes('\ufffd') && !isUtf8(buffer) ? (notText as unknown as string) : text;
}

function formatTime(units: bigint, digits: number): string {
  const perSecond = 10n ** BigInt(digits);
  const fraction = ((units % perSecond) + perSecond) % perSecond;
  const at = new Date(Number((units - fraction) / perSecond) * 1000);
  if (Number.isNaN(at.getTime())) return `${units}`;
  const seconds = at.toISOString().slice(0, -'.000Z'.length);
  const rest = String(fraction).padStart(digits, '0').replace(/0+$/, '');
  return `${seconds}${rest === '' ? '' : `.${rest}`}Z`;
}

function formatDate(days: number): string {
  const at = new Date(days * dayMs);
  return Number.isNaN(at.getTime()) ? `${days}` : at.toISOString().slice(0, -'T00:00:00.000Z'.length);
}

function parseJson(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) return undefined;
  const text = parseText(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Types that the library knows only by their older name, which new writers may leave out: it would give what is stored, such as 1234 for 12.34. */
const olderNames: Readonly<Record<string, ConvertedType>> = {
  DATE: 'DATE',
  DECIMAL: 'DECIMAL',
  JSON: 'JSON',
  LIST: 'LIST',
  MAP: 'MAP',
};

export function addOlderNames(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element) => {
    const { converted_type, logical_type: type } = element;
    const older = olderNames[type?.type ?? ''];
    if (converted_type !== undefined || older === undefined) return element;
    const digits = type?.type === 'DECIMAL' ? { precision: type.precision, scale: type.scale } : {};
    return { ...element, ...digits, converted_type: older };
  });
  return { ...metadata, schema };
}

/** Writes a column's value, after its name. */
export type ColumnWriter = (value: unknown) => string;

export function columnWriters(columns: readonly SchemaTree[]): readonly ColumnWriter[] {
  return columns.map((column) => {
    const name = `${JSON.stringify(column.element.name)}:`;
    if (!hasLongDecimals(column)) return (value) => name + formatValue(value);
    return (value) => name + formatValue(exact(value, column));
  });
}

/** The library would make numbers of them, which have fewer digits: without its type, such a column gives what is stored. */
export function keepDecimalsExact(metadata: FileMetaData, columns: readonly SchemaTree[]): FileMetaData {
  const long = new Set(columns.flatMap(listLongDecimals));
  if (long.size === 0) return metadata;
  const schema = metadata.schema.map((element) => {
    if (!long.has(element)) return element;
    const { converted_type: _, logical_type: __, ...stored } = element;
    return stored;
  });
  return { ...metadata, schema };
}

const hasLongDecimals = (column: SchemaTree): boolean => listLongDecimals(column).length > 0;

/** Keys of maps are left out: the library makes texts of them. */
function listLongDecimals(column: SchemaTree): SchemaElement[] {
  if (column.children.length > 0) return (readMap(column)?.slice(1) ?? column.children).flatMap(listLongDecimals);
  return isLongDecimal(column.element) ? [column.element] : [];
}

const isLongDecimal = ({ converted_type, precision = 0 }: SchemaElement): boolean =>
  converted_type === 'DECIMAL' && precision > exactDigits;

/** The value with its long decimals as texts. A list is an array of what it lists, a map and a structure are objects. */
function exact(value: unknown, column: SchemaTree): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((each) => exact(each, column));
  const { element, children } = column;
  if (children.length === 0) return isLongDecimal(element) ? formatDecimal(value, element.scale ?? 0) : value;
  const listed = readListed(column);
  if (listed !== null) return exact(value, listed);
  const map = readMap(column);
  const parts = Object.entries(value).map(([name, part]) => {
    const child = map === null ? children.find((each) => each.element.name === name) : map[1];
    return [name, child === undefined ? part : exact(part, child)] as const;
  });
  return Object.fromEntries(parts);
}

/** As the library recognizes them. Older writers leave out the level between a list and its elements. */
function readListed({ element, children }: SchemaTree): SchemaTree | null {
  const [repeated, ...others] = children;
  const isList = element.converted_type === 'LIST' && others.length === 0 && (repeated?.children.length ?? 2) <= 1;
  if (!isList || repeated?.element.repetition_type !== 'REPEATED') return null;
  return repeated.children[0] ?? repeated;
}

function readMap({ element, children }: SchemaTree): readonly [key: SchemaTree, value: SchemaTree] | null {
  const [key, value] = children[0]?.children ?? [];
  return element.converted_type === 'MAP' && key !== undefined && value !== undefined ? [key, value] : null;
}

function formatDecimal(value: unknown, scale: number): string {
  const units = value instanceof Uint8Array ? readSigned(value) : BigInt(value as bigint | number);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const [whole, rest] = [digits.slice(0, digits.length - scale), digits.slice(digits.length - scale)];
  return `${units < 0n ? '-' : ''}${whole}${rest === '' ? '' : `.${rest}`}`;
}

/** Two's complement, the most significant byte first. */
function readSigned(bytes: Uint8Array): bigint {
  const unsigned = bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  return (bytes[0] ?? 0) < 128 ? unsigned : unsigned - 2n ** BigInt(8 * bytes.length);
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value ?? null, replaceValue);
}

/** What JSON lacks: whole numbers beyond 2^53 become text. */
function replaceValue(_name: string, value: unknown): unknown {
  if (value === undefined) return null;
  if (value === notText) throw new NotText();
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
  if (value instanceof Uint8Array) return formatBytes(value);
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value;
}

/** Old writers store text without saying that it is text. */
function formatBytes(value: Uint8Array): string {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'base64');
}
