// What activities need from outside: three ports, a clock, chance, a scratch folder and turnstiles for what fills the machine.

import type { Timing } from '../domain/job.ts';
import type { Prices } from '../domain/money/cost.ts';
import type { BatchNews } from '../domain/progress/events.ts';
import type { Provider } from '../providers/provider.ts';
import type { Store } from '../storage/store.ts';

/** The Temporal cluster that the worker works for, as far as activities ask it anything. */
export interface Cluster {
  /** Whether a workflow with this id (and, where given, first run) is still open. */
  isOpen(workflowId: string, firstRunId?: string): Promise<boolean>;
  /** Best effort: news that is lost is told again by the next. */
  tell(workflowId: string, news: BatchNews): Promise<void>;
  registeredSearchAttributes(): Promise<readonly string[]>;
}

export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

export interface ActivityDeps {
  readonly store: Store;
  readonly cluster: Cluster;
  /** Undefined where no vendor goes by that name. */
  readonly provider: (name: string) => Provider | undefined;
  readonly providerNames: readonly string[];
  /** Whether the worker has a key for that vendor, and by which variable it is given. */
  readonly credentials: (name: string) => { readonly present: boolean; readonly variable: string };
  readonly prices: { readonly dated: string; readonly models: Prices };
  readonly timing: Omit<Timing, 'providerWindowMs'>;
  /** A folder of this process's own for files that nobody will miss. */
  readonly scratch: string;
  /** Runs work that fills a core or much memory; a bounded number at once, so that memory does not grow with concurrency. */
  readonly heavy: Limiter;
  /** Lets a bounded number of uploads and downloads through at once: each holds buffers, and more of them fill the line no better. */
  readonly transfers: Limiter;
  /** Of the software, e.g. `0.1.0`. */
  readonly version: string;
  readonly now: () => number;
  readonly randomHex: (bytes: number) => string;
}

/** What nearly every activity is told: the folder that `job.json` lies in. */
export interface JobRef {
  readonly output: string;
}
