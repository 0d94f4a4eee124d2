// Reads the fields of a request that is carried into another vendor's form. A field that nobody reads is refused by its name.

import type { Json } from '../../../domain/outcome/outcome.ts';

export type Fields = { readonly [name: string]: Json };

/** A field that the other form has no place for. */
export class NotCarried extends Error {
  override readonly name = 'NotCarried';
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

export function refuse(field: string, message: string): never {
  throw new NotCarried(field, message);
}

export const joinPath = (path: string, name: string | number): string => (path === '' ? `${name}` : `${path}.${name}`);

/** Null counts as absent: both vendors take it so. */
export const isGiven = (value: Json | undefined): value is Exclude<Json, null> => value !== undefined && value !== null;

/** Values that change nothing, by the names of their fields: they may be left out. */
export type Defaults = Readonly<Record<string, readonly Json[]>>;

/** Refuses each field that is neither carried nor left as it is by default. */
export function checkNames(fields: Fields, path: string, carried: readonly string[], defaults: Defaults = {}): void {
  for (const [name, value] of Object.entries(fields)) {
    if (!isGiven(value) || carried.includes(name)) continue;
    const harmless = Object.hasOwn(defaults, name) ? (defaults[name] ?? []) : [];
    if (harmless.some((each) => isSame(each, value))) continue;
    const other =
      harmless.length === 0 ? '' : `, other than ${harmless.map((each) => JSON.stringify(each)).join(' or ')}`;
    refuse(joinPath(path, name), `this field has no counterpart in the form of the provider that answers${other}`);
  }
}

/** Of values as flat as the defaults are: what is deeper is never the same. */
function isSame(expected: Json, value: Json): boolean {
  if (Array.isArray(expected) && Array.isArray(value)) {
    return expected.length === value.length && expected.every((each, at) => each === value[at]);
  }
  if (isObject(expected) && isObject(value)) return Object.keys(expected).length + Object.keys(value).length === 0;
  return expected === value;
}

export const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function readObject(value: Json | undefined, path: string): Fields {
  return isObject(value) ? value : refuse(path, 'must be an object');
}

export function readList(value: Json | undefined, path: string): readonly Json[] {
  return Array.isArray(value) ? value : refuse(path, 'must be a list');
}

export function readText(value: Json | undefined, path: string): string {
  return typeof value === 'string' ? value : refuse(path, 'must be a text');
}

/** Null if it is absent. */
export const readOptionalText = (value: Json | undefined, path: string): string | null =>
  isGiven(value) ? readText(value, path) : null;

/** Null if it is absent. */
export function readBoolean(value: Json | undefined, path: string): boolean | null {
  if (!isGiven(value)) return null;
  return typeof value === 'boolean' ? value : refuse(path, 'must be true or false');
}

/** Null if it is absent. */
export function readNumber(value: Json | undefined, path: string): number | null {
  if (!isGiven(value)) return null;
  return typeof value === 'number' ? value : refuse(path, 'must be a number');
}

/** Leaves out what is null or undefined. */
export function pickGiven(fields: Readonly<Record<string, Json | undefined>>): { [name: string]: Json } {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => isGiven(entry[1])));
}
