// What `nightshift doctor` learns from a worker about its surroundings.

export interface Checkup {
  /** By provider: whether there is a key, and whether the provider takes it. */
  readonly keys: readonly {
    readonly provider: string;
    readonly variable: string;
    readonly verdict: 'ok' | 'missing';
  }[];
  readonly store: { readonly verdict: 'ok' | 'unwritable' | 'full' | 'unavailable'; readonly freeBytes: number | null };
  /** The worker's clock less the server's; the time a task needs to arrive is in it. */
  readonly clockMs: number;
  readonly version: string;
}
