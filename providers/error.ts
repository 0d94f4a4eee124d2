// A failed call to a provider, in words that every vendor shares. Of the provider's own text it carries only its code and request id.

import type { Fault } from '../domain/batch/backoff.ts';
import type { NamedLimit } from '../domain/capacity/window.ts';

export interface ProviderErrorFacts {
  readonly fault: Fault;
  readonly status: number | null;
  /** The vendor's own error code or type, from its closed list; never its message. */
  readonly code: string | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  /** True if the provider may have carried out the request although its reply was not seen. */
  readonly ambiguous: boolean;
  /** The limit that the request did not fit into, if the provider named one. */
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

/** Whether it is a refusal with one of these HTTP statuses. */
export const hasStatus = (error: unknown, statuses: readonly number[]): error is ProviderError =>
  error instanceof ProviderError && error.facts.status !== null && statuses.includes(error.facts.status);
