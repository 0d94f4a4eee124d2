// What people see of the dispatcher: who holds what, who waits for what and why, and what it costs.

import { formatCount, formatDollars } from '../progress/markdown.ts';
import { type Block, findCaps } from './blocks.ts';
import type { Load } from './declaration.ts';
import { type Candidate, listCandidates, listWaits, type Wait } from './grant.ts';
import { isBelieved, type Learned } from './learned.ts';
import { type CapState, findSpending, listCaps, openPeriods } from './ledger.ts';
import { type Limits, mergeLimits, type RoomLimits } from './limits.ts';
import { countWanted, type DispatchState, emptyPool, listOwners, namePool, sumReserved } from './state.ts';
import { Usage } from './usage.ts';

export interface PoolPage {
  readonly account: string;
  readonly model: string;
  readonly used: Load;
  readonly limits: RoomLimits;
  /** Null unless a refusal taught a limit that is still believed. */
  readonly learned: Learned | null;
  readonly waiting: number;
}

export interface OwnerPage {
  /** `tenant:…`, `feature:…` or `account:…`. */
  readonly owner: string;
  /** Open batches of a tenant; null for other owners. */
  readonly batches: number | null;
  readonly reservedUsd: number;
  readonly dayUsd: number;
  readonly monthUsd: number;
  /** What settlements of this month were above their reserves. */
  readonly beyondUsd: number;
  readonly caps: readonly CapState[];
  /** The largest share of a cap that is settled or reserved; null if there is no cap. */
  readonly capShare: number | null;
}

export interface WaitPage {
  readonly holder: string;
  readonly tenant: string;
  readonly priority: 1 | 2 | 3;
  readonly account: string;
  readonly model: string;
  readonly lane: string;
  readonly batches: number;
  readonly since: number;
  readonly reason: string;
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
  readonly owners: readonly OwnerPage[];
  /** The first hundred, those with the most batches first. */
  readonly holds: readonly HoldPage[];
  /** The first hundred, those that wait longest first. */
  readonly waits: readonly WaitPage[];
  readonly limits: Limits;
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
    owners: listOwnerPages(state, limits, usage),
    holds: listHolds(state).slice(0, listedMax),
    waits: listWaitPages(state, limits, usage, now).slice(0, listedMax),
    limits,
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
    const { batches, enqueuedTokens, models = {} } = limits.accounts[account] ?? {};
    const own = models[entry.model] ?? {};
    return [
      {
        account,
        model: entry.model,
        used: usage.pool(name),
        limits:
          own.batches === undefined && own.enqueuedTokens === undefined ? pickRoom({ batches, enqueuedTokens }) : own,
        learned: isBelieved(learned, now) ? learned : null,
        waiting: users.reduce((sum, its) => sum + countWanted(its.entry), 0),
      },
    ];
  });
}

const pickRoom = ({
  batches,
  enqueuedTokens,
}: { [Unit in keyof RoomLimits]-?: RoomLimits[Unit] | undefined }): RoomLimits => ({
  ...(batches === undefined ? {} : { batches }),
  ...(enqueuedTokens === undefined ? {} : { enqueuedTokens }),
});

function listOwnerPages(state: DispatchState, limits: Limits, usage: Usage): OwnerPage[] {
  const named = [
    ...Object.keys(state.ledger.spent),
    ...Object.values(state.holders).flatMap(listOwners),
    ...Object.keys(limits.tenants).map((tenant) => `tenant:${tenant}`),
    ...Object.keys(limits.features).map((feature) => `feature:${feature}`),
  ];
  return [...new Set(named)].toSorted().map((owner) => {
    const caps = listCaps(state.ledger, owner, findCaps(limits, owner));
    const reservedUsd = usage.reservedUsd(owner);
    const shares = caps.map(({ capUsd, settledUsd }) => countShare(settledUsd + reservedUsd, capUsd));
    return {
      owner,
      batches: owner.startsWith('tenant:') ? usage.tenantBatches(owner.slice('tenant:'.length)) : null,
      reservedUsd,
      ...findSpending(state.ledger, owner),
      caps,
      capShare: shares.length === 0 ? null : Math.max(...shares),
    };
  });
}

/** Of a cap of 0, which stops an owner, nothing is used until something is spent. */
const countShare = (usd: number, capUsd: number): number => (capUsd === 0 ? Math.min(1, Math.ceil(usd)) : usd / capUsd);

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

const listWaitPages = (state: DispatchState, limits: Limits, usage: Usage, now: number): readonly WaitPage[] =>
  listWaitingPools(state)
    .flatMap((pool) => listWaits(state, limits, usage, pool, now))
    .map(toWaitPage)
    .toSorted((a, b) => a.since - b.since);

const listWaitingPools = (state: DispatchState): readonly string[] => [
  ...new Set(listCandidates(state).map(({ holder, entry }) => namePool(holder.account, entry))),
];

const toWaitPage = ({ id, holder, entry, ...wait }: Candidate & Wait): WaitPage => ({
  holder: id,
  tenant: holder.tenant,
  priority: holder.priority,
  account: holder.account,
  model: entry.model,
  lane: entry.lane,
  batches: countWanted(entry),
  since: entry.since,
  reason: describeWait(wait),
});

/** As in "enqueued tokens of this-model: 1.9 M of 2.0 M in use; 3rd in line". */
export const describeWait = ({ block, position }: Wait): string =>
  `${block === null ? 'its turn comes' : describeBlock(block)}; ${toOrdinal(position)} in line`;

function describeBlock(block: Block): string {
  switch (block.kind) {
    case 'room': {
      const what = block.unit === 'tokens' ? 'enqueued tokens' : 'batches';
      return `${what} of ${block.of}: ${formatCount(block.used)} of ${formatCount(block.limit)} in use`;
    }
    case 'untried':
      return `the room of ${block.of} is not known: ${block.unsure} batches wait to be accepted by the provider`;
    case 'tenant':
      return `batches of ${describeTenant(block.tenant)}: ${block.used} of ${block.limit} in use`;
    case 'cap': {
      const { cap, reservedUsd, needUsd } = block;
      const lacking = cap.settledUsd + reservedUsd + needUsd - cap.capUsd;
      return `the cap of ${describeOwner(block.owner)} for ${cap.name} is ${formatDollars(cap.capUsd)}: ${formatDollars(cap.settledUsd)} is spent and ${formatDollars(reservedUsd)} reserved; the next batch needs ${formatDollars(lacking)} more`;
    }
    case 'unpriced':
      return `${describeOwner(block.owner)} has a cap, and the cost of the next batch is not known: give its price in NIGHTSHIFT_PRICES`;
  }
}

const describeTenant = (tenant: string): string => (tenant === '' ? 'jobs without a tenant' : `the tenant ${tenant}`);

function describeOwner(owner: string): string {
  const at = owner.indexOf(':');
  const [kind, name] = [owner.slice(0, at), owner.slice(at + 1)];
  return kind === 'tenant' ? describeTenant(name) : `the ${kind} ${name}`;
}

function toOrdinal(position: number): string {
  const isTeen = position % 100 > 10 && position % 100 < 14;
  const ending = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][position % 10] ?? 'th');
  return `${position}${ending}`;
}
