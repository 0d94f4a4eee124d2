// What every part of the gateway is given.

import type { HttpBindings } from '@hono/node-server';
import type { Store } from '../../storage/store.ts';
import type { Nightshift } from '../nightshift.ts';
import type { Caller } from './access/tokens.ts';
import type { GatewayConfig } from './config.ts';

export interface GatewayParts {
  readonly jobs: Nightshift;
  readonly store: Store;
  readonly config: GatewayConfig;
  /** Signs the ids that callers are given; the same for all gateways that run next to each other. */
  readonly secret: Buffer;
  readonly now: () => number;
  /** Aborted when the gateway drains: streams end, so that their readers turn to another gateway. */
  readonly draining: AbortSignal;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}

/** The types of what handlers find in Hono's context. */
export interface GatewayEnv {
  Bindings: HttpBindings;
  Variables: {
    caller: Caller;
    /** Of a request to a front. */
    requestId: string;
  };
}
