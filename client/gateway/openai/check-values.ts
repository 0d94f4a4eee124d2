// Values that a caller gives for a list or a batch, refused by the codes that the vendor has for them.

import { OpenaiError } from './openai-error.ts';

const pairsMax = 16;
const nameCharsMax = 64;
const valueCharsMax = 512;

export type Metadata = { readonly [name: string]: string };

/** Throws if the vendor would not take it. */
export function readMetadata(given: unknown): Metadata | null {
  if (given === undefined || given === null) return null;
  if (typeof given !== 'object' || Array.isArray(given)) throw refuse('invalid_type', 'metadata', 'must be an object');
  const pairs = Object.entries(given);
  if (pairs.length > pairsMax) {
    const counts = `Expected an object with at most ${pairsMax} properties, but got an object with ${pairs.length} properties instead`;
    throw refuse('object_above_max_properties', 'metadata', `too many properties. ${counts}`);
  }
  for (const [name, value] of pairs) {
    if (name.length > nameCharsMax) {
      throw refuse('property_name_above_max_length', 'metadata', `a name has more than ${nameCharsMax} characters`);
    }
    if (typeof value !== 'string') throw refuse('invalid_type', `metadata.${name}`, 'must be a text');
    if (value.length > valueCharsMax) {
      const lengths = `Expected a string with maximum length ${valueCharsMax}, but got a string with length ${value.length} instead`;
      throw refuse('string_above_max_length', `metadata.${name}`, `string too long. ${lengths}`);
    }
  }
  return Object.fromEntries(pairs);
}

/** The length of a page. */
export function readLimit(text: string | undefined, { max, byDefault }: { max: number; byDefault: number }): number {
  if (text === undefined || text === '') return byDefault;
  const limit = Number(text);
  if (!Number.isInteger(limit)) throw refuse('invalid_type', 'limit', 'must be a whole number');
  if (limit < 1) throw refuse('integer_below_min_value', 'limit', describeBound('below minimum', '>= 1', limit));
  if (limit > max) throw refuse('integer_above_max_value', 'limit', describeBound('above maximum', `<= ${max}`, limit));
  return limit;
}

const describeBound = (what: string, bound: string, limit: number): string =>
  `integer ${what} value. Expected a value ${bound}, but got ${limit} instead`;

const refuse = (code: string, field: string, why: string): OpenaiError =>
  new OpenaiError('bad_request', code, `Invalid '${field}': ${why}.`, field);
