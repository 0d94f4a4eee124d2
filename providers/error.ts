// A failed call to a provider, in words that every vendor shares. Carries nothing the provider wrote but its code and request id.

import type { Fault } from '../domain/batch/backoff.ts';
import type { NamedLimit } from '../domain/capacity/window.ts';

export interface ProviderErrorFacts {
  readonly fault: Fault;
  readonly status: number | null;
  /** The vendor's own error code or type, from its closed list; never its message. */
  readonly code: string | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  /** True where the request may have been carried out although its reply was not seen. */
  readonly ambiguous: boolean;
  /** The limit that the provider had no room within, if it named one. */
  readonly limit?: NamedLimit | null;
}

export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly provider: string;
  readonly facts: ProviderErrorFacts;

  constructor(provider: string, facts: ProviderErrorFacts) {
    super(`${provider}: ${facts.fault}${facts.status === null ? '' : ` (HTTP ${facts.status})`}`);
    this.provider = provider;
    this.facts = facts;
  }
}
