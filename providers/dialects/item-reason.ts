// Why an item failed, from the HTTP status and the vendor's code that stand in its line of output, and the vendor's own message.

import type { ItemReason, RawOutcome, VendorDetail } from '../../domain/outcome/outcome.ts';
import { asText, type Fields, findByCode } from '../json-fields.ts';

type Unrun = Extract<RawOutcome, { kind: 'unrun' }>['why'];

/** A vendor's codes in a line of output. Pure data: each vendor has one in its `faults.ts`. */
export interface ItemCodes {
  /** Counts for a line without a status, and next to any status where it is `no_money`. */
  readonly reasons: Readonly<Record<string, ItemReason>>;
  /** The HTTP status of an error that a line names by its code alone. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Codes of items that the vendor never ran. */
  readonly unrun: Readonly<Record<string, Unrun>>;
}

/** Money first, since it comes with any status; then the status; then the vendor's code. */
export function toItemReason(status: number | null, code: string | null, { reasons }: ItemCodes): ItemReason {
  const known = code === null ? undefined : findByCode(reasons, code);
  if (known === 'no_money' || status === 402) return 'no_money';
  return status === null ? (known ?? 'provider_error') : reasonByStatus(status);
}

/** The whole message: the registry's `hideKeys` makes it fit to be stored. */
export function readDetail(error: Fields | null): VendorDetail {
  const message = asText(error?.message)?.trim() ?? '';
  return message === '' ? {} : { detail: message };
}

function reasonByStatus(status: number): ItemReason {
  if (status === 429) return 'rate_limited';
  if (status === 529) return 'overloaded';
  if (status === 408 || status === 504) return 'timeout';
  if (status >= 500) return 'provider_error';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not_found';
  if (status === 413) return 'too_large';
  return 'bad_request';
}
