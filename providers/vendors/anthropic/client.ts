// The connection to Anthropic, by its SDK: replies are checked, failures become ProviderErrors.

import Anthropic from '@anthropic-ai/sdk';
import { resolveBaseUrl, resolveTimeouts, type Timeouts, type VendorConfig } from '../../config.ts';
import type { Context } from '../../provider.ts';
import { callAndParse, type Shape } from '../../transport/asked.ts';
import { callProvider, type Purpose } from '../../transport/fault.ts';
import { fetchWithOwnHeaders } from '../../transport/headers.ts';
import { type RecentList, recentList } from '../../transport/list-pages.ts';
import type { Candidate } from './find.ts';
import { type BatchWire, batchWire } from './wire.ts';

export const vendor = 'anthropic';
export const batchesPath = '/v1/messages/batches';

export interface Connection {
  readonly sdk: Anthropic;
  readonly timeouts: Timeouts;
  /** Whose batches are: an id prefix read from results never changes, so nobody's is read twice. */
  readonly prefixes: Map<string, string | null>;
  readonly recent: RecentList<Candidate>;
}

/** Retries are off: they would repeat a create, and hide time from heartbeats. Logs and traces would hold bodies. */
export function connect(config: VendorConfig): Connection {
  const timeouts = resolveTimeouts(config);
  const apiKey = config.apiKey ?? 'none';
  const options = {
    apiKey,
    fetch: fetchWithOwnHeaders(apiKey),
    baseURL: resolveBaseUrl(config, 'https://api.anthropic.com'),
    webhookKey: null,
    maxRetries: 0,
    timeout: timeouts.requestMs,
    logLevel: 'off' as const,
    openTelemetry: false as const,
  };
  const sdk = new Anthropic(options);
  return { sdk, timeouts, prefixes: new Map(), recent: recentList() };
}

export const asked = <T>(purpose: Purpose, shape: Shape<T>, call: () => Promise<unknown>): Promise<T> =>
  callAndParse(vendor, purpose, shape, call);

export const batchPath = (id: string): string => `${batchesPath}/${encodeURIComponent(id)}`;

export function retrieveBatch({ sdk }: Connection, id: string, { signal }: Context): Promise<BatchWire> {
  return asked('read', batchWire, () => sdk.get(batchPath(id), { signal }));
}

/** The path is built here: the URL in the reply may lead elsewhere, and the key would go with it. */
export function openResults({ sdk }: Connection, id: string, { signal }: Context): Promise<Response> {
  const options = { headers: { accept: 'application/binary' }, signal, __binaryResponse: true };
  return callProvider(vendor, 'read', () => sdk.get(`${batchPath(id)}/results`, options).asResponse());
}
