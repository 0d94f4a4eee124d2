// Recognises an order that is sent again because its answer was lost: it must not run, and be paid, twice.

import { createHash } from 'node:crypto';
import type { HonoRequest } from 'hono';
import { GatewayError } from '../errors.ts';
import type { BatchOrder } from './record.ts';

/** What a caller says of its request. */
export interface Sending {
  /** The caller's own name of the order; null if it has none. */
  readonly key: string | null;
  /** The SDK says that it sends the request again. */
  readonly isRepeat: boolean;
}

const keyCharsMax = 256;

export function readSending(req: HonoRequest): Sending {
  const key = req.header('idempotency-key') ?? null;
  if (key !== null && key.length > keyCharsMax) {
    throw new GatewayError('bad_request', `Idempotency-Key: has more than ${keyCharsMax} characters`);
  }
  // The official SDKs count their tries.
  return { key, isRepeat: Number(req.header('x-stainless-retry-count') ?? 0) > 0 };
}

export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 32);

/** Two orders with the same mark ask for the same. */
export const markOrder = ({ dialect, endpoint, digest, front }: BatchOrder): string =>
  hashKey(JSON.stringify([dialect, endpoint, digest, front]));
