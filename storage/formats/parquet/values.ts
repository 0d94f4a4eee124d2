// Values of Parquet as JSON: what JSON has no type for becomes text, and no digit is lost.

import { isUtf8 } from 'node:buffer';
import type { FileMetaData, ParquetReadOptions, SchemaElement, SchemaTree } from 'hyparquet';

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
};

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
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Writes a column's value, after its name. */
export type ColumnWriter = (value: unknown) => string;

export function columnWriters(columns: readonly SchemaTree[]): readonly ColumnWriter[] {
  return columns.map(({ element, children }) => {
    const name = `${JSON.stringify(element.name)}:`;
    if (!isLongDecimal(element, children)) return (value) => name + formatValue(value);
    const { scale = 0 } = element;
    return (value) => `${name}${value == null ? 'null' : `"${formatDecimal(value, scale)}"`}`;
  });
}

/** The library would make numbers of them, which have fewer digits: without its type, such a column gives what is stored. */
export function keepDecimalsExact(metadata: FileMetaData, columns: readonly SchemaTree[]): FileMetaData {
  const long = new Set(columns.flatMap(({ element, children }) => (isLongDecimal(element, children) ? [element] : [])));
  if (long.size === 0) return metadata;
  const schema = metadata.schema.map((element) => {
    if (!long.has(element)) return element;
    const { converted_type: _, logical_type: __, ...stored } = element;
    return stored;
  });
  return { ...metadata, schema };
}

function isLongDecimal({ converted_type, precision = 0 }: SchemaElement, children: readonly SchemaTree[]): boolean {
  return children.length === 0 && converted_type === 'DECIMAL' && precision > exactDigits;
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
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
  if (value instanceof Uint8Array) return formatBytes(value);
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value;
}

/** Old writers store text without saying that it is text. */
function formatBytes(value: Uint8Array): string {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'base64');
}
