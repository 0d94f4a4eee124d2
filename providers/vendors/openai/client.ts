// The calls to OpenAI that are more than one line, made with its SDK: replies are checked, failures become ProviderErrors.

import OpenAI from 'openai';
import { resolveBaseUrl, resolveTimeouts, type Timeouts, type VendorConfig } from '../../config.ts';
import type { Context } from '../../provider.ts';
import { callAndParse, type Shape } from '../../transport/asked.ts';
import type { Purpose } from '../../transport/fault.ts';
import { fetchWithOwnHeaders } from '../../transport/headers.ts';
import { type RecentList, recentList } from '../../transport/list-pages.ts';
import type { Candidate } from './find.ts';
import { type BatchWire, batchWire } from './wire.ts';

export const vendor = 'openai';

export interface Connection {
  readonly sdk: OpenAI;
  readonly timeouts: Timeouts;
  readonly recent: RecentList<Candidate>;
}

/** Retries are off: they would repeat a create, and hide time from heartbeats. Logs are off: they would hold bodies. */
export function connect(config: VendorConfig): Connection {
  const timeouts = resolveTimeouts(config);
  const apiKey = config.apiKey ?? 'none';
  const options = {
    apiKey,
    fetch: fetchWithOwnHeaders(apiKey),
    baseURL: resolveBaseUrl(config, 'https://api.openai.com/v1'),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: timeouts.requestMs,
    logLevel: 'off' as const,
  };
  return { sdk: new OpenAI(options), timeouts, recent: recentList() };
}

export const asked = <T>(purpose: Purpose, shape: Shape<T>, call: () => Promise<unknown>): Promise<T> =>
  callAndParse(vendor, purpose, shape, call);

export function retrieveBatch({ sdk }: Connection, id: string, { signal }: Context): Promise<BatchWire> {
  return asked('read', batchWire, () => sdk.batches.retrieve(id, { signal }));
}
