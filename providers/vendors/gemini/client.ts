// The connection to Gemini by its REST API. docs/decisions/0017-gemini-by-rest.md says why it does not use the SDK.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { type Account, requireBaseUrl } from '../../account.ts';
import { ProviderError } from '../../error.ts';
import { asFields, asObjects, asText, type Fields, parsedFields } from '../../json-fields.ts';
import type { Context } from '../../provider.ts';
import { callProvider, callTimeouts, type Shape } from '../../transport/call.ts';
import { type Caller, type Purpose, unreadableReply } from '../../transport/fault.ts';
import { noRedirect } from '../../transport/file-body.ts';
import { type RecentList, recentList } from '../../transport/list-pages.ts';
import { geminiFaults } from './faults.ts';
import { type BatchWire, batchWire } from './wire.ts';

export const caller: Caller = { name: 'gemini', calls: geminiFaults.calls };
const version = 'v1beta';

export interface Candidate extends BatchHandle {
  readonly submission: unknown;
}

export interface Connection {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** A batch of up to so many bytes is sent with its create. */
  readonly inlineBytesMax: number;
  readonly recent: RecentList<Candidate>;
}

export function connect(account: Account<'apiKey' | 'baseUrl'>, inlineBytesMax: number): Connection {
  return { baseUrl: requireBaseUrl(account), apiKey: account.apiKey ?? 'none', inlineBytesMax, recent: recentList() };
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
  /** Null: the caller's signal alone ends the call. */
  readonly timeoutMs?: number | null;
}

/** A path below the API's version, such as `batches/123`. */
export const apiUrl = ({ baseUrl }: Connection, path: string, before = ''): string =>
  `${baseUrl}${before}/${version}/${path}`;

/** The key is in a header, because URLs are logged. */
export async function send(connection: Connection, request: Request, { signal }: Context): Promise<Response> {
  const { method, url, headers, body, timeoutMs = callTimeouts.requestMs } = request;
  const reply = await fetch(url, {
    method,
    headers: {
      'x-goog-api-key': connection.apiKey,
      ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body, duplex: 'half' }),
    signal: timeoutMs === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    ...noRedirect,
  });
  if (!reply.ok) throw toFailure(reply, await reply.text());
  return reply;
}

export async function ask<T>(
  connection: Connection,
  purpose: Purpose,
  shape: Shape<T>,
  request: Request,
  ctx: Context,
): Promise<T> {
  const text = await callProvider(caller, purpose, async () => (await send(connection, request, ctx)).text());
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
  const type = asText(error.status)?.toLowerCase();
  return { code: reasons[0]?.toLowerCase() ?? type, type, message: error.message };
}

export const batchPath = (id: string): string => `batches/${encodeURIComponent(id.replace(/^batches\//, ''))}`;

/** Tuned models have a collection of their own, which stands in their name. */
export function modelPath(model: string): string {
  const [collection, ...rest] = model.includes('/') ? model.split('/') : ['models', model];
  return `${collection}/${rest.map(encodeURIComponent).join('/')}`;
}

export function retrieveBatch(connection: Connection, id: string, ctx: Context): Promise<BatchWire> {
  return ask(connection, 'read', batchWire, { method: 'GET', url: apiUrl(connection, batchPath(id)) }, ctx);
}

export const hasStatus = (error: unknown, statuses: readonly number[]): boolean =>
  error instanceof ProviderError && error.facts.status !== null && statuses.includes(error.facts.status);
