// Makes tokens and recognises them. Only their hashes are kept: a token is 256 random bits, so a fast hash is safe.

import { createHash, randomBytes } from 'node:crypto';
import type { GatewayConfig } from '../config.ts';
import { type Scope, scopes } from './scopes.ts';

/** Who sends a request. */
export interface Caller {
  /** Null is an operator, who sees every tenant. */
  readonly tenant: string | null;
  readonly scopes: ReadonlySet<Scope>;
  /** Names the token in limits and logs without giving it away. */
  readonly name: string;
}

/** A gateway without tokens listens on this machine alone, and takes everybody there for the operator. */
export const localCaller: Caller = { tenant: null, scopes: new Set(scopes), name: 'local' };

const prefix = 'ns_';

export const makeToken = (): string => prefix + randomBytes(32).toString('base64url');

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

export class Tokens {
  readonly #callers: ReadonlyMap<string, Caller>;

  constructor(tokens: GatewayConfig['tokens']) {
    this.#callers = new Map(
      tokens.map(({ sha256, tenant, scopes: allowed }) => [
        sha256,
        { tenant: tenant === '*' ? null : tenant, scopes: new Set(allowed), name: sha256.slice(0, 8) },
      ]),
    );
  }

  get isEmpty(): boolean {
    return this.#callers.size === 0;
  }

  /** Null if no such token is configured. The lookup is by the hash, so its time says nothing of a token. */
  find(token: string): Caller | null {
    return this.#callers.get(hashToken(token)) ?? null;
  }
}
