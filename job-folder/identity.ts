// Names made by hashing. They depend only on the thing they name: every worker gives the same item, batch or submission the same name.

import { hash } from 'node:crypto';
import {
  type BatchRef,
  batchIdentity,
  type ItemKey,
  itemKey,
  type RowId,
  type SubmissionKey,
  submissionIdentity,
  submissionKey,
} from '../domain/ids.ts';
import type { Json } from '../domain/outcome/outcome.ts';
import { canonicalJson } from '../domain/request/canonical-json.ts';

/** The first digits of a text's SHA-256. */
export function hashHex(text: string | Uint8Array, digits: number): string {
  return hash('sha256', text, 'hex').slice(0, digits);
}

/** The key for a text of `keyTexts`. */
export const hashKey = (text: Uint8Array): ItemKey => itemKey(hashHex(text, 24));

/**
 * Makes the texts whose hashes are the keys of one job's items, in pieces. The canonical request is embedded as text, because this runs for every
 * row.
 */
export function keyTexts(
  provider: string,
  schema: Json,
): (id: RowId, endpoint: string, canonicalRequest: readonly string[]) => readonly string[] {
  const name = JSON.stringify(provider);
  const tail = `,"schema":${canonicalJson(schema)}}`;
  return (id, endpoint, request) => [
    `{"endpoint":${JSON.stringify(endpoint)},"id":${JSON.stringify(id)},"provider":${name},"request":`,
    ...request,
    tail,
  ];
}

/** The first 8 digits of the custom ids of a batch's items: they show whose batch it is even if the provider keeps no metadata. */
export const hashBatchPrefix = (nonce: string, { wave, batch }: BatchRef): string =>
  hashHex(batchIdentity(nonce, wave, batch), 8);

/** Names one provider batch made from a planned batch; another `ordinal` gives another name. */
export const hashSubmissionKey = (nonce: string, ref: BatchRef & { readonly ordinal: number }): SubmissionKey =>
  submissionKey(hashHex(submissionIdentity(nonce, ref.wave, ref.batch, ref.ordinal), 32));
