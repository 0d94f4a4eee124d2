// In the realtime lane some failed replies are an item's own fate, not the call's: they become a line of output.

import type { Fault } from '../../domain/batch/backoff.ts';
import { ProviderError } from '../error.ts';
import { asFields, type Fields } from '../json-fields.ts';
import { readErrorBody, toProviderError } from './fault.ts';

export interface ItemRefusal {
  readonly status: number;
  readonly requestId: string | null;
  /** The vendor's own error object, for the stored line and nowhere else. */
  readonly inner: Fields;
}

const aboutTheItem: ReadonlySet<Fault> = new Set(['refused', 'not_found', 'too_large']);
const statuses: ReadonlySet<number | null> = new Set([400, 404, 413, 422]);

/** Null where the reply is about the account, the weather, or came from something that is not the vendor. */
export function readItemRefusal(provider: string, error: unknown): ItemRefusal | null {
  const fault = toProviderError(provider, 'call', error);
  const { inner } = readErrorBody(asFields(error) ?? {});
  if (!(fault instanceof ProviderError) || inner === null) return null;
  const { fault: kind, status, requestId } = fault.facts;
  if (status === null || !statuses.has(status) || !aboutTheItem.has(kind)) return null;
  return { status, requestId, inner };
}
