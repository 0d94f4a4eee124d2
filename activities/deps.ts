// What activities need from outside: two ports, a clock, chance, a scratch folder and a turnstile for heavy work.

import type { Provider } from '../providers/provider.ts';
import type { Store } from '../storage/store.ts';

export interface ActivityDeps {
  readonly store: Store;
  /** Undefined where no vendor goes by that name. */
  readonly provider: (name: string) => Provider | undefined;
  readonly providerNames: readonly string[];
  /** A folder of this process's own for files that nobody will miss. */
  readonly scratch: string;
  /** Runs work that fills a core or much memory; a bounded number at once, so that memory does not grow with concurrency. */
  readonly heavy: <T>(work: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
  readonly randomHex: (bytes: number) => string;
}

/** What nearly every activity is told: the folder that `job.json` lies in. */
export interface JobRef {
  readonly output: string;
}
