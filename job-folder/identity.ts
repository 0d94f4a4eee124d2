// Names made by hashing: the same row asked the same way, the same batch and the same submission are called the same by everyone.

import { hash } from 'node:crypto';
import { type ItemKey, itemKey, type RowId } from '../domain/ids.ts';
import type { Json } from '../domain/outcome/outcome.ts';
import { canonicalJson } from '../domain/request/canonical-json.ts';

/** The first digits of a text's SHA-256. */
export function hashHex(text: string | Uint8Array, digits: number): string {
  return hash('sha256', text, 'hex').slice(0, digits);
}

/** The key whose text this is. */
export const hashKey = (text: Uint8Array): ItemKey => itemKey(hashHex(text, 24));

/** What is hashed into keys of one job's items. The canonical request is embedded as text: nothing is built anew per row. */
export function keyTexts(
  provider: string,
  schema: Json,
): (id: RowId, endpoint: string, canonicalRequest: string) => string {
  const name = JSON.stringify(provider);
  const tail = `,"schema":${canonicalJson(schema)}}`;
  return (id, endpoint, request) =>
    `{"endpoint":${JSON.stringify(endpoint)},"id":${JSON.stringify(id)},"provider":${name},"request":${request}${tail}`;
}
