// What activities need from outside: the ports, a clock, randomness, a scratch folder, and limiters for work that fills the machine.

import { defaultAccount, type JobFile, type JobSpec, type Timing } from '../domain/job.ts';
import type { Prices } from '../domain/money/cost.ts';
import type { BatchNews } from '../domain/progress/events.ts';
import { InvariantBroken } from '../domain/refusal.ts';
import type { Tenant } from '../domain/sharing.ts';
import type { Provider } from '../providers/provider.ts';
import type { Store } from '../storage/store.ts';
import type { Threads } from '../threads/pool.ts';
import type { Admission } from './dispatch/port.ts';
import type { ResolveHost } from './webhook/receiver.ts';

/** The worker's Temporal cluster, as far as activities call it. */
export interface Cluster {
  /** Whether a workflow with this id (and, if given, this first run) is still open. */
  isOpen(workflowId: string, firstRunId?: string): Promise<boolean>;
  /** How a workflow ended. Nothing is known of it any more if the server's retention is over. */
  findEnd(workflowId: string): Promise<WorkflowEnd>;
  /** Signals a coordinator. Best effort: a failure is ignored, because the next news repeats what was lost. */
  notify(workflowId: string, news: BatchNews): Promise<void>;
  registeredSearchAttributes(): Promise<readonly string[]>;
}

export interface WorkflowEnd {
  /** When its latest run began, in milliseconds. Absent if that is not known. */
  readonly startedAt?: number;
  readonly state: 'running' | 'completed' | 'cancelled' | 'failed' | 'absent';
  /** Why it failed, in words that may be shown. */
  readonly message: string | null;
}

/** Runs work immediately while fewer than a fixed number of works are running; further work waits for its turn. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

export interface WebhookSettings {
  /** The newest first. Without one, a job with a receiver is refused. */
  readonly secrets: readonly Buffer[];
  /** Hosts that may be in a private network. */
  readonly allowedHosts: ReadonlySet<string>;
  readonly resolve: ResolveHost;
}

export interface ActivityDeps {
  readonly store: Store;
  readonly cluster: Cluster;
  /**
   * Undefined if no vendor has that name, or no account of it has that one; default: the account `default`. If a region is given and the account
   * is bound to another one, the provider refuses all calls.
   */
  readonly provider: (name: string, account?: string, region?: string | null) => Provider | undefined;
  readonly providerNames: readonly string[];
  /** The accounts of that vendor, by name. */
  readonly accounts: (name: string) => readonly string[];
  /** Whether the worker has what that account needs, whether anything of it was given, and where its key is given. */
  readonly credentials: (
    name: string,
    account?: string,
  ) => { readonly present: boolean; readonly isConfigured: boolean; readonly variable: string };
  /** The folder of an account's bucket, with a slash at its end; null if it has none. */
  readonly bucket: (name: string, account: string) => string | null;
  /** Tells the vendor's accounts apart without showing a key. Another salt gives other marks. */
  readonly markAccount: (name: string, account: string, salt: string) => string;
  /** Those that the worker's configuration names. Others count as tenants with its defaults. */
  readonly tenants: Readonly<Record<string, Tenant>>;
  /** Null if the worker's configuration has no limits: each job then finds out alone what fits. */
  readonly admission: Admission | null;
  readonly prices: { readonly dated: string; readonly models: Prices };
  readonly webhooks: WebhookSettings;
  readonly timing: Omit<Timing, 'providerWindowMs'>;
  /** A folder of only this process, for temporary files: a later worker deletes it. */
  readonly scratch: string;
  /** For work that fills a core: the main thread must stay free for heartbeats and calls. */
  readonly threads: Threads;
  /** For passes over whole files, each of which fills a core or much memory. Defaults to 2 at the same time. */
  readonly heavy: Limiter;
  /** For uploads and downloads: each holds buffers, and more of them do not make the line faster. Defaults to 4 at the same time. */
  readonly transfers: Limiter;
  /** The software's version, e.g. `0.1.0`. */
  readonly version: string;
  /** The worker's own clock, in milliseconds since 1970. Times that others compare with theirs come from `startClock`. */
  readonly now: () => number;
  /** Milliseconds since some point in time. Never goes back. */
  readonly elapsed: () => number;
  /** Resolves after that time, or when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly randomHex: (bytes: number) => string;
}

/** The provider of a spec that was just validated. */
export function requireKnownProvider(
  deps: Pick<ActivityDeps, 'provider'>,
  { provider: name, account }: Pick<JobSpec, 'provider' | 'account'>,
): Provider {
  const provider = deps.provider(name, account);
  if (provider === undefined) throw new InvariantBroken(`${name} was known a moment ago`);
  return provider;
}

/** The mark of the account that this worker has for the job. */
export const markOwnAccount = (
  { markAccount }: Pick<ActivityDeps, 'markAccount'>,
  { planNonce, spec: { provider, account = defaultAccount } }: JobFile,
): string => markAccount(provider, account, planNonce);

/** The provider of a job that was already opened. A worker of another version may not have it; Temporal then tries again. */
export function requireProvider(deps: Pick<ActivityDeps, 'provider'>, job: JobFile): Provider {
  const { provider: name, account = defaultAccount } = job.spec;
  const provider = deps.provider(name, account, job.region);
  if (provider === undefined) {
    throw new InvariantBroken(
      `this worker does not know the account ${account} of ${name}: start the version that began the job, with its NIGHTSHIFT_CONFIG`,
    );
  }
  return provider;
}
