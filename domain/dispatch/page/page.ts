// What people see of the dispatcher: who holds what, who waits for what and why, and what it costs.

import { formatDollars, formatTime } from '../../progress/markdown.ts';
import { findCaps } from '../blocks.ts';
import type { Load } from '../declaration.ts';
import { listCandidates } from '../grant.ts';
import { findLaneLimits } from '../lanes.ts';
import { isBelieved, type Learned } from '../learned.ts';
import { type CapState, findSpending, listCaps, openPeriods } from '../ledger.ts';
import { type Limits, mergeLimits, type RoomLimits } from '../limits.ts';
import {
  countWanted,
  type DispatchState,
  emptyPool,
  findBeyondMax,
  listOwners,
  namePool,
  sumReserved,
} from '../state.ts';
import { findMixedSince } from '../take-file.ts';
import { Usage } from '../usage.ts';
import { describeOwner, listWaitPages, type WaitPage } from './waits.ts';

export interface PoolPage {
  readonly account: string;
  readonly model: string;
  readonly used: Load;
  readonly limits: RoomLimits;
  /** Null unless a refusal taught a limit that is still believed. */
  readonly learned: Learned | null;
  readonly waiting: number;
}

/** The realtime lanes of a model that share its rate. */
export interface LanePage {
  readonly account: string;
  readonly model: string;
  /** What they share: without the part for interactive traffic. */
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly lanes: number;
}

export interface OwnerPage {
  /** `tenant:…`, `feature:…` or `account:…`. */
  readonly owner: string;
  /** Open batches of a tenant; null for other owners. */
  readonly batches: number | null;
  readonly reservedUsd: number;
  /** The most by which open batches may cost more than is reserved for them; null if not known. */
  readonly beyondMaxUsd: number | null;
  readonly dayUsd: number;
  readonly monthUsd: number;
  /** What settlements of this month were above their reserves. */
  readonly beyondUsd: number;
  readonly caps: readonly CapState[];
  /** The largest share of a cap that is settled or reserved; null if there is no cap. */
  readonly capShare: number | null;
}

export interface HoldPage {
  readonly holder: string;
  readonly tenant: string;
  readonly feature: string;
  readonly priority: 1 | 2 | 3;
  readonly account: string;
  readonly model: string;
  readonly lane: string;
  /** Open batches, and those that were granted a moment ago. */
  readonly batches: number;
  readonly tokens: number;
  readonly reservedUsd: number;
  /** Of the part of the job that is being run. */
  readonly spentUsd: number;
}

export interface DispatchPage {
  readonly holders: number;
  readonly waiting: number;
  readonly open: number;
  readonly grants: number;
  readonly longestWaitMs: DispatchState['longestWaits'];
  readonly pools: readonly PoolPage[];
  readonly lanes: readonly LanePage[];
  readonly owners: readonly OwnerPage[];
  /** The first hundred, those with the most batches first. */
  readonly holds: readonly HoldPage[];
  /** The first hundred, those that wait longest first. */
  readonly waits: readonly WaitPage[];
  readonly limits: Limits;
  /** Since when workers have had different configuration files; null if they have the same. */
  readonly mixedSince: number | null;
}

const listedMax = 100;

export function renderPage(given: DispatchState, now: number): DispatchPage {
  const state = { ...given, ledger: openPeriods(given.ledger, now) };
  const limits = mergeLimits(state.file, state.overrides);
  const usage = new Usage(state);
  const waiting = listCandidates(state);
  const entries = Object.values(state.holders).flatMap((holder) => holder.entries.map((entry) => ({ holder, entry })));
  return {
    holders: Object.keys(state.holders).length,
    waiting: waiting.reduce((sum, { entry }) => sum + countWanted(entry), 0),
    open: entries.reduce((sum, { entry }) => sum + entry.held.batches + entry.out.batches, 0),
    grants: state.grants,
    longestWaitMs: state.longestWaits,
    pools: listPools(state, limits, usage, now),
    lanes: listLanes(state, limits),
    owners: listOwnerPages(state, limits, usage),
    holds: listHolds(state).slice(0, listedMax),
    waits: listWaitPages(state, limits, usage, now).slice(0, listedMax),
    limits,
    mixedSince: findMixedSince(state, now),
  };
}

const listHolds = ({ holders }: DispatchState): readonly HoldPage[] =>
  Object.entries(holders)
    .flatMap(([holder, { tenant, feature, priority, account, spentUsd, entries }]) =>
      entries.map((entry): HoldPage => {
        const { batches, tokens, usd } = sumReserved(entry);
        const { model, lane } = entry;
        return { holder, tenant, feature, priority, account, model, lane, batches, tokens, reservedUsd: usd, spentUsd };
      }),
    )
    .filter(({ batches }) => batches > 0)
    .toSorted((a, b) => b.batches - a.batches);

function listPools(state: DispatchState, limits: Limits, usage: Usage, now: number): PoolPage[] {
  const entries = Object.values(state.holders).flatMap(({ account, entries: its }) =>
    its.filter(({ lane }) => lane === 'batch').map((entry) => ({ account, entry })),
  );
  const byPool = Map.groupBy(entries, ({ account, entry }) => namePool(account, entry));
  return [...byPool].flatMap(([name, users]) => {
    const [first] = users;
    if (first === undefined) return [];
    const { account, entry } = first;
    const { learned } = state.pools[name] ?? emptyPool;
    const { models = {} } = limits.accounts[account] ?? {};
    return [
      {
        account,
        model: entry.model,
        used: usage.pool(name),
        limits: pickRoom(models[entry.model] ?? {}),
        learned: isBelieved(learned, now) ? learned : null,
        waiting: users.reduce((sum, its) => sum + countWanted(its.entry), 0),
      },
    ];
  });
}

function listLanes({ pools }: DispatchState, limits: Limits): readonly LanePage[] {
  const limited = Object.entries(limits.accounts).flatMap(([account, { models = {} }]) =>
    Object.entries(models)
      .filter(([, { rpm, tpm }]) => rpm !== undefined || tpm !== undefined)
      .map(([model]) => ({ account, model })),
  );
  return limited.map(({ account, model }) => ({
    account,
    model,
    ...findLaneLimits(limits, account, model),
    lanes: Object.keys(pools[namePool(account, { model, lane: 'realtime' })]?.lanes ?? {}).length,
  }));
}

const pickRoom = ({ batches, enqueuedTokens }: RoomLimits): RoomLimits => ({
  ...(batches === undefined ? {} : { batches }),
  ...(enqueuedTokens === undefined ? {} : { enqueuedTokens }),
});

function listOwnerPages(state: DispatchState, limits: Limits, usage: Usage): OwnerPage[] {
  const named = [
    ...Object.keys(state.ledger.spent),
    ...Object.values(state.holders).flatMap(listOwners),
    ...Object.keys(limits.tenants).map((tenant) => `tenant:${tenant}`),
    ...Object.keys(limits.features).map((feature) => `feature:${feature}`),
    ...Object.keys(limits.accounts)
      .map((account) => `account:${account}`)
      .filter((owner) => listCaps(state.ledger, owner, findCaps(limits, owner)).length > 0),
  ];
  return [...new Set(named)].toSorted().map((owner) => {
    const caps = listCaps(state.ledger, owner, findCaps(limits, owner));
    const open = usage.owner(owner);
    const reservedUsd = open.usd;
    const shares = caps.map(({ capUsd, settledUsd }) => countShare(settledUsd + reservedUsd, capUsd));
    return {
      owner,
      batches: owner.startsWith('tenant:') ? usage.tenantBatches(owner.slice('tenant:'.length)) : null,
      reservedUsd,
      beyondMaxUsd: findBeyondMax(open),
      ...findSpending(state.ledger, owner),
      caps,
      capShare: shares.length === 0 ? null : Math.max(...shares),
    };
  });
}

/** Of a cap of 0, which stops an owner, nothing is used until something is spent. */
const countShare = (usd: number, capUsd: number): number => (capUsd === 0 ? Math.min(1, Math.ceil(usd)) : usd / capUsd);

/** What is wrong with the limits themselves, in sentences. */
export const describeProblems = (page: Pick<DispatchPage, 'owners' | 'mixedSince'>): readonly string[] => [
  ...(page.mixedSince === null ? [] : [describeMixed(page.mixedSince)]),
  ...describeOverdrawn(page),
];

export const describeMixed = (since: number): string =>
  `workers have had different limits in their NIGHTSHIFT_CONFIG since ${formatTime(since)}, and replace each other's: give all of them the same file`;

/** What is reserved and, of an owner with a cap, the bound of what it may cost: as in "$4.00 (at most $0.80 over)". */
export function describeReserved({ reservedUsd, beyondMaxUsd, caps }: OwnerPage): string {
  const reserved = formatDollars(reservedUsd);
  if (caps.length === 0 || beyondMaxUsd === 0) return reserved;
  const bound = beyondMaxUsd === null ? 'unknown how much over' : `at most ${formatDollars(beyondMaxUsd)} over`;
  return `${reserved} (${bound})`;
}

/** One sentence for each cap that is below what is spent and reserved: nothing new starts under it. */
export const describeOverdrawn = ({ owners }: Pick<DispatchPage, 'owners'>): readonly string[] =>
  owners.flatMap(({ owner, caps, reservedUsd }) =>
    caps
      .filter(({ capUsd, settledUsd }) => settledUsd + reservedUsd > capUsd)
      .map(
        ({ name, capUsd, settledUsd }) =>
          `${describeOwner(owner)} has spent ${formatDollars(settledUsd)} and reserved ${formatDollars(reservedUsd)}, above its cap of ${formatDollars(capUsd)} for ${name}: nothing new of it starts`,
      ),
  );
