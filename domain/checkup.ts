// A worker's report on its surroundings, for `nightshift doctor` and the library.

import type { FileBounds, FileUsage } from './capacity/file-storage.ts';

/** What a job needs of a store beyond plain writing and removing. */
export const storeAbilities = ['exclusiveCreate', 'rename', 'append'] as const;
export type StoreAbility = (typeof storeAbilities)[number];

export type StoreVerdict = 'ok' | 'unwritable' | 'full' | 'unavailable';

export type KeyVerdict = 'ok' | 'missing' | 'refused' | 'unreachable' | 'unsure';

/** `wrong`: a file that was written is not listed, or reads differently. */
export type BucketVerdict =
  | 'ok'
  | 'no_bucket'
  | 'no_credentials'
  | 'unwritable'
  | 'unreadable'
  | 'wrong'
  | 'unavailable';

/** `unsure`: the trial failed for another reason than the role. */
export type RoleVerdict = 'ok' | 'refused' | 'unsure';

export interface Checkup {
  /**
   * For each account of each provider, whether the worker has a key, and what the provider says to it: it was tried with a call that costs
   * nothing. `unsure`: the provider's reply does not tell. A worker of an earlier version does not try it, and says `ok` of every key that it has.
   */
  readonly keys: readonly {
    readonly provider: string;
    /** Not there for the account `default`. */
    readonly account?: string;
    readonly variable: string;
    readonly verdict: KeyVerdict;
  }[];
  /** Whether a file could be written, listed, read and removed in each account's bucket. Not there in an earlier version. */
  readonly buckets?: readonly {
    readonly provider: string;
    readonly account: string;
    readonly uri: string;
    readonly verdict: BucketVerdict;
  }[];
  /** Whether the provider can act as the role of each account that has one. Not there in an earlier version. */
  readonly roles?: readonly { readonly provider: string; readonly account: string; readonly verdict: RoleVerdict }[];
  /** For each account with a key, what it stores at its provider, if the provider lists its files. Not there in an earlier version. */
  readonly files?: readonly (FileUsage & FileBounds & { readonly provider: string; readonly account: string })[];
  readonly store: {
    /** Whether a file could be written and removed. */
    readonly verdict: StoreVerdict;
    /** Null if the store cannot tell. */
    readonly freeBytes: number | null;
    /** What was tried on the data root. `wrong`: it succeeded, but did something else. A worker of an earlier version does not try it. */
    readonly abilities?: Readonly<Record<StoreAbility, StoreVerdict | 'wrong'>>;
  };
  /** The worker's clock minus the server's, in milliseconds. It includes the time that the task took to arrive. */
  readonly clockMs: number;
  /** The server's time when it scheduled the checkup: it lies between the question and the answer. Not there in an earlier version. */
  readonly serverMs?: number;
  readonly version: string;
}
