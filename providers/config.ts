// What a vendor's client is made from: everything explicit, so that no environment variable of an SDK has a say.

export interface Timeouts {
  /** Small requests: creating from a staged file, looking, listing, cancelling. */
  readonly requestMs: number;
  /** Requests that carry a batch, upload included. The caller's own signal is usually the shorter one. */
  readonly transferMs: number;
  /** One realtime answer. */
  readonly callMs: number;
}

const defaultTimeouts: Timeouts = { requestMs: 60_000, transferMs: 3_600_000, callMs: 600_000 };

export interface VendorConfig {
  /** Null where the worker was given none: the provider is there, and refuses to be called. */
  readonly apiKey: string | null;
  readonly baseUrl?: string | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
}

export const resolveTimeouts = (config: VendorConfig): Timeouts => ({ ...defaultTimeouts, ...config.timeouts });

export const resolveBaseUrl = (config: VendorConfig, otherwise: string): string =>
  (config.baseUrl ?? otherwise).replace(/\/+$/, '');
