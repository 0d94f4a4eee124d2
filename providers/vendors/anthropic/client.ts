// The connection to Anthropic, by its SDK: checks replies and turns failures into ProviderErrors.

import type Anthropic from '@anthropic-ai/sdk';
import { type Account, requireBaseUrl } from '../../account.ts';
import type { Context } from '../../provider.ts';
import { callAndParse, callProvider, callTimeouts, type Shape } from '../../transport/call.ts';
import type { Caller, Purpose } from '../../transport/fault.ts';
import { fetchWithOwnHeaders } from '../../transport/headers.ts';
import { type RecentList, recentList } from '../../transport/list-pages.ts';
import type { Unmarked } from '../../transport/unmarked.ts';
import { anthropicFaults } from './faults.ts';
import { type BatchWire, batchWire } from './wire.ts';

export const caller: Caller = { name: 'anthropic', calls: anthropicFaults.calls };
export const batchesPath = '/v1/messages/batches';

export interface Connection {
  /** Loaded when it is first needed. */
  readonly sdk: () => Promise<Anthropic>;
  /** The prefix of the custom ids in each batch's results, by batch id: it never changes, so it is read once. */
  readonly prefixes: Map<string, string>;
  readonly recent: RecentList<Unmarked>;
}

export const loadSdk = () => import('@anthropic-ai/sdk');

/** Retries are off: they would repeat a create, and hide time from heartbeats. Logs and traces are off: they would hold bodies. */
export function connect(account: Account<'apiKey' | 'baseUrl'>): Connection {
  const apiKey = account.apiKey ?? 'none';
  const options = {
    apiKey,
    fetch: fetchWithOwnHeaders(apiKey, { others: ['anthropic-version'] }),
    baseURL: requireBaseUrl(account),
    webhookKey: null,
    maxRetries: 0,
    timeout: callTimeouts.requestMs,
    logLevel: 'off' as const,
    openTelemetry: false as const,
  };
  let made: Promise<Anthropic> | null = null;
  const sdk = () => (made ??= loadSdk().then(({ Anthropic }) => new Anthropic(options)));
  return { sdk, prefixes: new Map(), recent: recentList() };
}

export function ask<T>(purpose: Purpose, shape: Shape<T>, call: () => Promise<unknown>): Promise<T> {
  return callAndParse(caller, purpose, shape, call);
}

export const batchPath = (id: string): string => `${batchesPath}/${encodeURIComponent(id)}`;

export function retrieveBatch({ sdk }: Connection, id: string, { signal }: Context): Promise<BatchWire> {
  return ask('read', batchWire, async () => (await sdk()).get(batchPath(id), { signal }));
}

/** The path is built here: the URL in the reply may lead elsewhere, and the key would go with it. */
export function openResults({ sdk }: Connection, id: string, { signal }: Context): Promise<Response> {
  const options = { headers: { accept: 'application/binary' }, signal, __binaryResponse: true };
  return callProvider(caller, 'read', async () => (await sdk()).get(`${batchPath(id)}/results`, options).asResponse());
}
