// How many requests per second each token may send: a bucket that fills evenly, and holds one second's worth.

import type { GatewayConfig } from '../config.ts';
import { GatewayError } from '../errors.ts';
import type { Caller } from './tokens.ts';

interface Bucket {
  left: number;
  at: number;
}

export class RateLimits {
  readonly #config: Pick<GatewayConfig, 'tenants' | 'limits'>;
  readonly #now: () => number;
  /** One for each token: there are as many as are configured. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(config: Pick<GatewayConfig, 'tenants' | 'limits'>, now: () => number) {
    this.#config = config;
    this.#now = now;
  }

  /** Throws if the token has none left. */
  take({ name, tenant }: Caller): void {
    const perSecond = this.#config.tenants[tenant ?? '*']?.requestsPerSecond ?? this.#config.limits.requestsPerSecond;
    const most = Math.max(1, perSecond);
    const now = this.#now();
    const { left, at } = this.#buckets.get(name) ?? { left: most, at: now };
    const filled = Math.min(most, left + (Math.max(0, now - at) / 1000) * perSecond);
    this.#buckets.set(name, { left: Math.max(0, filled - 1), at: now });
    if (filled >= 1) return;
    const retryAfter = Math.ceil((1 - filled) / perSecond);
    throw new GatewayError('too_many_requests', `at most ${perSecond} requests per second for this token`, {
      retryAfter,
    });
  }
}
