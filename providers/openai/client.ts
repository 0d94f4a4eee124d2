// The calls to OpenAI that are more than one line, made with its SDK: replies are checked, failures become ProviderErrors.

import OpenAI from 'openai';
import type { z } from 'zod';
import { baseUrlOf, type Timeouts, timeoutsOf, type VendorConfig, withoutVariable } from '../config.ts';
import { attempt, type Purpose, unreadableReply } from '../http-fault.ts';
import type { Context } from '../provider.ts';
import { type BatchWire, batchWire } from './wire.ts';

export const vendor = 'openai';

export interface Connection {
  readonly sdk: OpenAI;
  readonly timeouts: Timeouts;
}

/** Retries are off: they would repeat a create, and hide time from heartbeats. Logs are off: they would hold bodies. */
export function connect(config: VendorConfig): Connection {
  const timeouts = timeoutsOf(config);
  const options = {
    apiKey: config.apiKey ?? 'none',
    baseURL: baseUrlOf(config, 'https://api.openai.com/v1'),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: timeouts.requestMs,
    logLevel: 'off' as const,
  };
  return { sdk: withoutVariable('OPENAI_CUSTOM_HEADERS', () => new OpenAI(options)), timeouts };
}

/** A reply in the shape that is asked for, or a fault. */
export async function asked<Shape extends z.ZodType>(
  purpose: Purpose,
  shape: Shape,
  call: () => Promise<unknown>,
): Promise<z.output<Shape>> {
  const parsed = shape.safeParse(await attempt(vendor, purpose, call));
  if (!parsed.success) throw unreadableReply(vendor, purpose);
  return parsed.data;
}

export function retrieveBatch({ sdk }: Connection, id: string, { signal }: Context): Promise<BatchWire> {
  return asked('read', batchWire, () => sdk.batches.retrieve(id, { signal }));
}
