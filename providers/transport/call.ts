// One call to a vendor: its reply in the shape that is expected, or a ProviderError.

import type { Fault } from '../../domain/batch/backoff.ts';
import { ProviderError } from '../error.ts';
import { asFields, type Fields } from '../json-fields.ts';
import type { ModelCheck } from '../provider.ts';
import { type Caller, type Purpose, readErrorBody, toProviderError, unreadableReply } from './fault.ts';

/** How long the SDKs let a call take. */
export const callTimeouts = {
  /** Small requests: a create from an uploaded file, a poll, a page of a list, a cancel. */
  requestMs: 60_000,
  /** Requests that carry a batch, uploads included. The caller's own signal usually ends them sooner. */
  transferMs: 3_600_000,
  /** One realtime answer. */
  callMs: 600_000,
} as const;

/** The only part of a schema that is used. */
export interface Shape<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | { readonly success: false };
}

export async function callProvider<T>(caller: Caller, purpose: Purpose, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toProviderError(caller, purpose, error);
  }
}

export async function callAndParse<T>(
  caller: Caller,
  purpose: Purpose,
  shape: Shape<T>,
  work: () => Promise<unknown>,
): Promise<T> {
  const parsed = shape.safeParse(await callProvider(caller, purpose, work));
  if (!parsed.success) throw unreadableReply(caller.name, purpose);
  return parsed.data;
}

/**
 * Whether a key works and a model is there, by asking for the model's description or for the list of models: both are free. `missingCodes` are how the vendor
 * says that it is the model that is missing, not the path.
 */
export async function checkModel(
  caller: Caller,
  missingCodes: readonly string[],
  retrieve: () => Promise<unknown>,
): Promise<ModelCheck> {
  try {
    await retrieve();
    return 'ok';
  } catch (error) {
    const fault = toProviderError(caller, 'read', error);
    if (!(fault instanceof ProviderError) || fault.facts.status === null) throw fault;
    if (fault.facts.fault === 'unauthorized') return 'bad_key';
    const { codes } = readErrorBody(asFields(error) ?? {});
    return fault.facts.status === 404 && codes.some((code) => missingCodes.includes(code)) ? 'unknown_model' : 'unsure';
  }
}

/** A failed reply to a realtime call that concerns its item alone: it becomes a line of output. */
export interface ItemRefusal {
  readonly status: number;
  readonly requestId: string | null;
  /** The vendor's own error object, for the stored line and nowhere else. */
  readonly inner: Fields;
}

const itemFaults: ReadonlySet<Fault> = new Set(['refused', 'not_found', 'too_large']);
const itemStatuses: ReadonlySet<number | null> = new Set([400, 404, 413, 422]);

/** Null where the failure is about the account or passes, or where the reply came from something that is not the vendor. */
export function readItemRefusal(caller: Caller, error: unknown): ItemRefusal | null {
  const fault = toProviderError(caller, 'call', error);
  const { inner } = readErrorBody(asFields(error) ?? {});
  if (!(fault instanceof ProviderError) || inner === null) return null;
  const { fault: kind, status, requestId } = fault.facts;
  if (status === null || !itemStatuses.has(status) || !itemFaults.has(kind)) return null;
  return { status, requestId, inner };
}
