// A worker's report on its surroundings, for `nightshift doctor` and the library.

export interface Checkup {
  /**
   * For each provider, whether the worker has a key. Whether the provider accepts the key is not asked: a job that names one model asks
   * when it is opened. */
  readonly keys: readonly {
    readonly provider: string;
    readonly variable: string;
    readonly verdict: 'ok' | 'missing';
  }[];
  /** Whether a file could be written and removed; `freeBytes` is null if the store cannot tell. */
  readonly store: { readonly verdict: 'ok' | 'unwritable' | 'full' | 'unavailable'; readonly freeBytes: number | null };
  /** The worker's clock minus the server's, in milliseconds. It includes the time that the task took to arrive. */
  readonly clockMs: number;
  readonly version: string;
}
