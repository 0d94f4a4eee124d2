// One text for each JSON value: keys sorted by code unit, no white space. It is hashed into an item's key.

import type { Json } from '../outcome/outcome.ts';
import { LongNumber } from './long-number.ts';

export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object' || value instanceof LongNumber) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`);
  return `{${members.join(',')}}`;
}
