// Calls to REST APIs without an SDK. Errors have Google's form if nothing else is said. How a call proves who makes it differs.

import { hasStatus } from '../error.ts';
import { asFields, asObjects, asText, type Fields, parsedFields } from '../json-fields.ts';
import type { Context } from '../provider.ts';
import { callProvider, callTimeouts, type Shape } from './call.ts';
import { type Caller, type Purpose, unreadableReply } from './fault.ts';
import { noRedirect } from './file-body.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
  /** Null: the caller's signal alone ends the call. */
  readonly timeoutMs?: number | null;
}

/** Sends it with the headers that prove who calls. */
export async function sendWith(
  proof: Readonly<Record<string, string>>,
  request: Request,
  { signal }: Context,
  toError: (reply: Response, text: string) => Error = toFailure,
): Promise<Response> {
  const { method, url, headers, body, timeoutMs = callTimeouts.requestMs } = request;
  const reply = await fetch(url, {
    method,
    headers: { ...proof, ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body === undefined ? {} : { body, duplex: 'half' }),
    signal: timeoutMs === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    ...noRedirect,
  });
  if (!reply.ok) throw toError(reply, await reply.text());
  return reply;
}

export async function readReply<T>(
  caller: Caller,
  purpose: Purpose,
  shape: Shape<T>,
  work: () => Promise<Response>,
): Promise<T> {
  const text = await callProvider(caller, purpose, async () => (await work()).text());
  const parsed = shape.safeParse(text === '' ? {} : parsedFields(text));
  if (!parsed.success) throw unreadableReply(caller.name, purpose);
  return parsed.data;
}

/** In the form of the failures that the SDKs of other vendors throw. */
function toFailure({ status, headers }: Response, text: string): Error {
  const error = asFields(parsedFields(text)?.error);
  return Object.assign(new Error('the call was refused'), { status, headers, error: describeError(error) });
}

/** The reason is more exact than the status: a bad key and a bad request have the same status. */
function describeError(error: Fields | null): Fields | null {
  if (error === null) return null;
  const reasons = asObjects(error.details).flatMap(({ reason }) => asText(reason) ?? []);
  const type = asText(error.status)?.toLowerCase() ?? asText(error.type);
  return { code: reasons[0]?.toLowerCase() ?? type, type, message: error.message };
}

export async function unlessStatus<T>(statuses: readonly number[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (hasStatus(error, statuses)) return null;
    throw error;
  }
}
