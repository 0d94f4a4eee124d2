// The place in a row that a template's variable names: a column, or a value inside one.

import type { Json } from '../outcome/outcome.ts';
import { LongNumber } from './long-number.ts';

export type Row = { readonly [name: string]: Json };

/** Names and positions, outermost first; never empty. */
export type Column = readonly (string | number)[];

/** Undefined if there is no such value. Only the row's own members count, never inherited ones. */
export function valueAt(row: Row, column: Column): Json | undefined {
  let value: Json | undefined = ownMember(row, column[0] ?? '');
  for (let index = 1; index < column.length; index++) {
    // A value inside null is null, as in Liquid.
    if (value === null || value === undefined) return value;
    value = readMember(value, column[index] ?? '');
  }
  return value;
}

export function columnName(column: Column): string {
  return column
    .map((each, index) => (typeof each === 'number' ? `[${each}]` : index === 0 ? each : `.${each}`))
    .join('');
}

function ownMember(row: Row, name: string | number): Json | undefined {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

function readMember(value: Exclude<Json, null>, name: string | number): Json | undefined {
  if (Array.isArray(value)) return readItem(value, name);
  if (typeof value === 'string') return name === 'size' ? value.length : undefined;
  if (typeof value !== 'object' || value instanceof LongNumber) return undefined;
  const own = ownMember(value, name);
  return own === undefined && name === 'size' ? Object.keys(value).length : own;
}

function readItem(list: readonly Json[], name: string | number): Json | undefined {
  if (typeof name === 'number') return list.at(name);
  if (name === 'size') return list.length;
  if (name === 'first') return list[0];
  return name === 'last' ? list.at(-1) : undefined;
}
