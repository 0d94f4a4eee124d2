// The ids of rows: which ones may be used, and where a row has its id.

import type { RowId } from '../ids.ts';
import type { Json, RowRefusal } from '../outcome/outcome.ts';

type Columns = { readonly [column: string]: Json };

/** The longest id of a row: it is repeated in every file that mentions the row. */
const idBytesMax = 512;

/** The value of the id column. If no column is named: the value of `id` if the row has one, otherwise the row's number. */
export function readId(record: Columns, row: number, column: string | null): RowId | RowRefusal {
  const name = column ?? 'id';
  const value = readColumn(record, name);
  if (value !== null) return isGoodId(value) ? value : refuseId(name);
  return column === null ? row : { reason: 'missing_id', message: `there is no id in column ${name}` };
}

/** Null if no column has an id that may be used. */
export function findIdIn(record: Columns, columns: readonly string[]): RowId | null {
  const found = columns.map((column) => readColumn(record, column)).find((value) => value !== null) ?? null;
  return isGoodId(found) ? found : null;
}

const readColumn = (record: Columns, column: string): Json =>
  Object.hasOwn(record, column) ? (record[column] ?? null) : null;

export function isGoodId(value: Json): value is RowId {
  if (typeof value === 'number') return Number.isSafeInteger(value) || (Number.isFinite(value) && value % 1 !== 0);
  return typeof value === 'string' && value !== '' && isShort(value);
}

/** Three bytes a character at most. */
function isShort(text: string): boolean {
  return text.length * 3 <= idBytesMax || Buffer.byteLength(text) <= idBytesMax;
}

export function refuseId(column: string): RowRefusal {
  const message = `the id in column ${column} must be a text of 1 to ${idBytesMax} bytes or a number of at most 2^53`;
  return { reason: 'bad_id', message };
}
