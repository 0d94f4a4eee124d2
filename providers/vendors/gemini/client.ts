// The connection to Gemini by its REST API. docs/decisions/0017-gemini-by-rest.md says why it does not use the SDK.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { type Account, requireBaseUrl } from '../../account.ts';
import type { Context } from '../../provider.ts';
import type { Shape } from '../../transport/call.ts';
import type { Caller, Purpose } from '../../transport/fault.ts';
import { type RecentList, recentList } from '../../transport/list-pages.ts';
import { type Request, readReply, sendWith } from '../../transport/rest.ts';
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

/** A path below the API's version, such as `batches/123`. */
export const apiUrl = ({ baseUrl }: Connection, path: string, before = ''): string =>
  `${baseUrl}${before}/${version}/${path}`;

/** The key is in a header, because URLs are logged. */
export const send = ({ apiKey }: Connection, request: Request, ctx: Context): Promise<Response> =>
  sendWith({ 'x-goog-api-key': apiKey }, request, ctx);

export const ask = <T>(
  connection: Connection,
  purpose: Purpose,
  shape: Shape<T>,
  request: Request,
  ctx: Context,
): Promise<T> => readReply(caller, purpose, shape, () => send(connection, request, ctx));

export const batchPath = (id: string): string => `batches/${encodeURIComponent(id.replace(/^batches\//, ''))}`;

/** Tuned models have a collection of their own, which stands in their name. */
export function modelPath(model: string): string {
  const [collection, ...rest] = model.includes('/') ? model.split('/') : ['models', model];
  return `${collection}/${rest.map(encodeURIComponent).join('/')}`;
}

export function retrieveBatch(connection: Connection, id: string, ctx: Context): Promise<BatchWire> {
  return ask(connection, 'read', batchWire, { method: 'GET', url: apiUrl(connection, batchPath(id)) }, ctx);
}
