// What the dispatcher knows: one entry for each holder, model and lane, with counts, and never one for each batch. Plain JSON, because it is
// carried from run to run.

import { roundUsd, sumOrUnknown } from '../money/cost.ts';
import type { Lane } from '../outcome/outcome.ts';
import { type BatchSize, type Load, type Need, noLoad } from './declaration.ts';
import type { Learned } from './learned.ts';
import { emptyLedger, type Ledger } from './ledger.ts';
import { type Limits, noLimits, noOverrides, type Overrides } from './limits.ts';

export interface Holder {
  readonly run: string;
  readonly began: number;
  readonly seq: number;
  /** `provider/account`. */
  readonly account: string;
  readonly tenant: string;
  readonly feature: string;
  readonly priority: 1 | 2 | 3;
  readonly spentUsd: number;
  /** When it last declared, or was looked for. */
  readonly seenAt: number;
  /** Names the chain of runs that its realtime calls are counted in. Absent: an earlier version declared. */
  readonly chain?: string;
  readonly entries: readonly Entry[];
}

export interface Entry extends Need {
  /** What was granted and is not taken yet: it counts as held. */
  readonly out: Load;
  /** Since when its next batch waits. */
  readonly since: number;
}

/** A holder with an open realtime batch. It has one at a time for each model. */
export interface OpenLane {
  readonly tenant: string;
  /** So many tokens a minute are its own, because it has such a large call; 0 if its calls fit into any part. */
  readonly callTokens: number;
  /** Before this, others may still use its part. It uses the spare part, if no lane that began before it does. */
  readonly from: number;
  /** Until then it may still use its part, although its batch is over; null while the batch is open. */
  readonly until: number | null;
}

/** The weights of the tenants that have realtime lanes in a pool. */
export interface LaneWeights {
  readonly of: Readonly<Record<string, number>>;
  /** Those from before the last change. Until then, no part may be larger than by these. Absent: the last change is long over. */
  readonly before?: { readonly of: Readonly<Record<string, number>>; readonly until: number };
}

/** What is shared by all who use one model of one account in one lane. */
export interface Pool {
  /** Tokens granted to each tenant, divided by its weight. The tenant with the least is next. */
  readonly passes: Readonly<Record<string, number>>;
  /** What priority 2 and 3 have saved of their reserved part while others were granted, in tokens. */
  readonly saved: { readonly standard: number; readonly background: number };
  readonly learned?: Learned;
  /** When a batch last ended and gave back its room; 0 if none has. */
  readonly endedAt: number;
  /** Batches that the provider has accepted since it last refused one. */
  readonly accepted: number;
  /** The realtime lanes that share the model's rate, by the chains of their holders. Absent if there are none. */
  readonly lanes?: Readonly<Record<string, OpenLane>>;
  readonly weights?: LaneWeights;
  /** A number that rises with each grant: the pool with the lowest is next. */
  readonly lastGrant: number;
}

/** A part of which nothing more is believed. Remembered for as long as a declaration of it may be on its way. */
export interface Ended {
  readonly at: number;
  /** What was counted as spent because its open batches were not known any more; null if it said itself that it is over. */
  readonly forgotten: { readonly holder: Holder; readonly usd: number } | null;
}

export interface DispatchState {
  readonly version: number;
  /** By holder and run. */
  readonly ended: Readonly<Record<string, Ended>>;
  readonly holders: Readonly<Record<string, Holder>>;
  readonly pools: Readonly<Record<string, Pool>>;
  readonly ledger: Ledger;
  /** A digest of the configuration that `file` is from. */
  readonly digest: string;
  readonly file: Limits;
  /** Of the files before it, the last one first. Absent: there was none. */
  readonly earlierDigests?: readonly string[];
  /** Since when an earlier file has come back again and again, and when it last did. Absent: none has. */
  readonly mixed?: { readonly since: number; readonly at: number };
  readonly overrides: Overrides;
  readonly grants: number;
  /** By priority: the longest that a batch waited for its grant. */
  readonly longestWaits: Readonly<Record<number, number>>;
  /** When jobs that ended without a word were last looked for. Absent: when the run began. */
  readonly reclaimedAt?: number;
  /** The alerts that are raised. Absent: none is. */
  readonly alerts?: readonly string[];
  /** No realtime lane has a part before this, because what the last dispatcher said is not known. Absent: it is. */
  readonly lanesFrom?: number;
}

export const emptyState = (now: number): DispatchState => ({
  version: now,
  holders: {},
  ended: {},
  pools: {},
  ledger: emptyLedger,
  digest: '',
  file: noLimits,
  overrides: noOverrides,
  grants: 0,
  longestWaits: {},
});

export const emptyPool: Pool = {
  passes: {},
  saved: { standard: 0, background: 0 },
  endedAt: 0,
  accepted: 0,
  lastGrant: 0,
};

export const namePool = (account: string, { model, lane }: { readonly model: string; readonly lane: Lane }): string =>
  `${account}/${lane}/${model}`;

export const isSameNeed = (a: Pick<Need, 'model' | 'lane'>, b: Pick<Need, 'model' | 'lane'>): boolean =>
  a.model === b.model && a.lane === b.lane;

/** Batches that want a grant, beyond those that have one. */
export const countWanted = ({ waiting, out }: Entry): number => Math.max(0, waiting - out.batches);

/** Everything that an entry has reserved. */
export const sumReserved = ({ held, out }: Entry): Load => addLoads(held, out);

export const addLoads = (a: Load, b: Load): Load => ({
  batches: a.batches + b.batches,
  tokens: a.tokens + b.tokens,
  usd: a.usd + b.usd,
  mostUsd: sumOrUnknown(findMostUsd(a), findMostUsd(b)),
});

/** Null if not known. */
const findMostUsd = ({ batches, mostUsd }: Load): number | null => mostUsd ?? (batches === 0 ? 0 : null);

/** By how much they may cost more than is reserved for them; null if not known. */
export function findBeyondMax(load: Load): number | null {
  const mostUsd = findMostUsd(load);
  return mostUsd === null ? null : Math.max(0, roundUsd(mostUsd - load.usd));
}

export function multiplyLoad(load: Load, times: number): Load {
  const mostUsd = findMostUsd(load);
  return {
    batches: load.batches * times,
    tokens: load.tokens * times,
    usd: load.usd * times,
    mostUsd: mostUsd === null ? null : mostUsd * times,
  };
}

/** What is left of a load of equal batches if only so many of them remain. */
export function scaleLoad(load: Load, batches: number): Load {
  if (batches <= 0 || load.batches <= 0) return noLoad;
  return { ...multiplyLoad(load, Math.min(1, batches / load.batches)), batches: Math.min(batches, load.batches) };
}

export const sizeToLoad = ({ tokens, usd, mostUsd = null }: BatchSize): Load => ({
  batches: 1,
  tokens,
  usd: usd ?? 0,
  mostUsd,
});

export const listOwners = ({ account, tenant, feature }: Pick<Holder, 'account' | 'tenant' | 'feature'>): string[] => [
  `account:${account}`,
  `tenant:${tenant}`,
  ...(feature === '' ? [] : [`feature:${feature}`]),
];
