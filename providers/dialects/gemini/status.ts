// Google's statuses of failed calls, items and batches, with the HTTP statuses that belong to them. They are published with the RPC protocol, and
// all of Google's APIs share them.

import { asCode, asNumber, asText, type Fields, findByCode } from '../../json-fields.ts';

/** In the order of their numbers. */
const httpStatuses = {
  ok: 200,
  cancelled: 499,
  unknown: 500,
  invalid_argument: 400,
  deadline_exceeded: 504,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  failed_precondition: 400,
  aborted: 409,
  out_of_range: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  data_loss: 500,
  unauthenticated: 401,
} as const;
const names = Object.keys(httpStatuses);

/** In lower case. By its name if that is given, otherwise by its number; null if it is neither. */
export function readStatusName({ status, code }: Fields): string | null {
  const named = asCode(asText(status)?.toLowerCase());
  return named ?? names[asNumber(code) ?? -1] ?? null;
}

/** `code` is either the HTTP status or the number of Google's own. Null if neither it nor the name is known. */
export function readHttpStatus(error: Fields): number | null {
  const number = asNumber(error.code);
  if (number !== null && number >= 100 && number <= 599) return number;
  return findByCode<number>(httpStatuses, readStatusName(error) ?? '') ?? null;
}
