// Decides which batches may start. In each pool: by priority, but with a reserved part for the lower ones; inside a priority, the tenant that
// was granted the least for its weight; of a tenant, the batch that has waited longest.

import { readOwn } from '../read-own.ts';
import { type Block, findBlock, isShared } from './blocks.ts';
import { openPeriods } from './ledger.ts';
import { findTenant, type Limits, mergeLimits } from './limits.ts';
import {
  addLoads,
  countWanted,
  type DispatchState,
  type Entry,
  emptyPool,
  type Holder,
  isSameNeed,
  namePool,
  type Pool,
  sizeToLoad,
} from './state.ts';
import { Usage } from './usage.ts';

export interface Candidate {
  readonly id: string;
  readonly holder: Holder;
  readonly entry: Entry;
}

export interface Decision {
  readonly state: DispatchState;
  /** The holders that were granted something. */
  readonly holders: readonly string[];
  /** How long each granted batch has waited. */
  readonly waited: readonly Waited[];
  /** Whether more may be granted now: one decision must not take long. */
  readonly hasMore: boolean;
}

export interface Waited {
  readonly priority: 1 | 2 | 3;
  readonly ms: number;
}

export function decideGrants(given: DispatchState, now: number): Decision {
  let state: DispatchState = { ...given, ledger: openPeriods(given.ledger, now) };
  const limits = mergeLimits(state.file, state.overrides);
  const usage = new Usage(state);
  const granted = new Set<string>();
  const waited: Waited[] = [];
  const poolNames = new Set(listCandidates(state).map(namePoolOf));
  while (poolNames.size > 0 && waited.length < grantsMax) {
    /** Accounts that must become emptier for the pool whose turn it is. */
    const held = new Set<string>();
    for (const name of [...poolNames].toSorted(compareBy((pool) => state.pools[pool]?.lastGrant ?? 0))) {
      const next = findNext(state, limits, usage, name, held, now);
      if (next === null) {
        poolNames.delete(name);
        continue;
      }
      usage.add(next.holder, next.entry, sizeToLoad(next.entry.each));
      state = grantOne(state, limits, next, now);
      granted.add(next.id);
      waited.push({ priority: next.holder.priority, ms: Math.max(0, now - next.entry.since) });
    }
  }
  return { state, holders: [...granted], waited, hasMore: poolNames.size > 0 };
}

/** The rest is granted by the next decision. */
const grantsMax = 500;

/** The next batch of the pool that may start; null if none may. */
function findNext(
  state: DispatchState,
  limits: Limits,
  usage: Usage,
  pool: string,
  held: Set<string>,
  now: number,
): Candidate | null {
  for (const candidate of listInOrder(state, pool)) {
    const { holder, entry } = candidate;
    if (entry.lane === 'batch' && held.has(holder.account)) return null;
    const block = findBlock(state, limits, usage, holder, entry, now);
    if (block === null) return candidate;
    // Otherwise the small batches of other models would use each free part of the account for ever.
    if (block.kind === 'room' && block.of === holder.account) held.add(holder.account);
    if (isShared(block)) return null;
  }
  return null;
}

/** The entries that wait in a pool, the next one first. */
function listInOrder(state: DispatchState, name: string): readonly Candidate[] {
  const waiting = listCandidates(state).filter((candidate) => namePoolOf(candidate) === name);
  const pool = state.pools[name] ?? emptyPool;
  const least = findLeastPass(pool, new Set(waiting.map(({ holder }) => holder.tenant)));
  const pass = ({ holder }: Candidate): number => Math.max(least, readOwn(pool.passes, holder.tenant) ?? least);
  const byTurn = waiting.toSorted(
    (a, b) => pass(a) - pass(b) || a.entry.since - b.entry.since || (a.id < b.id ? -1 : 1),
  );
  const first = findDueClass(pool, byTurn);
  const rank = ({ holder }: Candidate): number => (holder.priority === first ? 0 : holder.priority);
  return byTurn.toSorted((a, b) => rank(a) - rank(b));
}

/** The lower priority whose reserved part pays for its next batch; null if there is none. */
function findDueClass({ saved }: Pool, byTurn: readonly Candidate[]): 2 | 3 | null {
  const isDue = (priority: 2 | 3, savedTokens: number): boolean => {
    const head = byTurn.find(({ holder }) => holder.priority === priority);
    return head !== undefined && savedTokens >= weigh(head.entry);
  };
  if (isDue(3, saved.background)) return 3;
  return isDue(2, saved.standard) ? 2 : null;
}

/** Of the tenants that wait. */
function findLeastPass({ passes }: Pool, tenants: ReadonlySet<string>): number {
  const known = [...tenants].flatMap((tenant) => readOwn(passes, tenant) ?? []);
  return known.length === 0 ? 0 : Math.min(...known);
}

const weigh = ({ each }: Entry): number => Math.max(1, each.tokens);

function grantOne(state: DispatchState, limits: Limits, { id, holder, entry }: Candidate, now: number): DispatchState {
  const next: Entry = {
    ...entry,
    granted: entry.granted + 1,
    out: addLoads(entry.out, sizeToLoad(entry.each)),
    since: now,
  };
  const entries = holder.entries.map((its) => (isSameNeed(its, entry) ? next : its));
  const name = namePool(holder.account, entry);
  const waitedMs = Math.max(0, now - entry.since);
  return {
    ...state,
    grants: state.grants + 1,
    holders: { ...state.holders, [id]: { ...holder, entries } },
    pools: { ...state.pools, [name]: countTurn(state, limits, name, holder, entry) },
    longestWaits: {
      ...state.longestWaits,
      [holder.priority]: Math.max(state.longestWaits[holder.priority] ?? 0, waitedMs),
    },
  };
}

/** The tenant's turn is over for as long as the batch is large, and lower priorities that wait save their part of it. */
function countTurn(
  state: DispatchState,
  limits: Limits,
  name: string,
  { tenant, priority }: Holder,
  entry: Entry,
): Pool {
  const pool = state.pools[name] ?? emptyPool;
  const waiting = listInOrder(state, name);
  const tokens = weigh(entry);
  const tenants = new Set(waiting.map(({ holder }) => holder.tenant));
  // A tenant that did not wait has saved no turns: it begins with those who have had the fewest.
  const start = findLeastPass(pool, tenants);
  const kept = keepSome(pool.passes, start, tenants);
  const passes = { ...Object.fromEntries([...tenants].map((its) => [its, start])), ...Object.fromEntries(kept) };
  const weight = findTenant(limits, tenant).weight ?? 1;
  passes[tenant] = (readOwn(passes, tenant) ?? start) + tokens / weight;
  const { standard, background } = limits.reserved;
  const save = (its: 2 | 3, saved: number, share: number): number => {
    const head = waiting.find(({ holder }) => holder.priority === its);
    if (head === undefined) return saved;
    const next = saved + share * tokens - (priority === its ? tokens : 0);
    // What is saved while nothing of it can start must not push all others aside later.
    return Math.min(Math.max(0, next), 2 * weigh(head.entry));
  };
  return {
    ...pool,
    passes,
    saved: { standard: save(2, pool.saved.standard, standard), background: save(3, pool.saved.background, background) },
    lastGrant: state.grants + 1,
  };
}

/** The state must stay small. Of the tenants that do not wait, those with the most turns are remembered. */
const idleTenantsMax = 200;

function keepSome(passes: Pool['passes'], start: number, waiting: ReadonlySet<string>): [string, number][] {
  const ahead = Object.entries(passes).filter(([, pass]) => pass > start);
  const idle = ahead.filter(([tenant]) => !waiting.has(tenant)).toSorted(([, a], [, b]) => b - a);
  return [...ahead.filter(([tenant]) => waiting.has(tenant)), ...idle.slice(0, idleTenantsMax)];
}

export const listCandidates = ({ holders }: DispatchState): Candidate[] =>
  Object.entries(holders).flatMap(([id, holder]) =>
    holder.entries.filter((entry) => countWanted(entry) > 0).map((entry) => ({ id, holder, entry })),
  );

const namePoolOf = ({ holder, entry }: Candidate): string => namePool(holder.account, entry);

const compareBy =
  <T>(read: (value: T) => number) =>
  (a: T, b: T): number =>
    read(a) - read(b);

export interface Wait {
  /** Null if a grant is on its way. */
  readonly block: Block | null;
  /** 1 is the next. */
  readonly position: number;
}

/** Why the entries of a pool wait, the next one first. */
export function listWaits(
  state: DispatchState,
  limits: Limits,
  usage: Usage,
  pool: string,
  now: number,
): readonly (Candidate & Wait)[] {
  let shared: Block | null = null;
  return listInOrder(state, pool).map((candidate, index) => {
    const block = findBlock(state, limits, usage, candidate.holder, candidate.entry, now);
    // One that its own limit stops holds nobody else up.
    if (shared === null && block !== null && isShared(block)) shared = block;
    return { ...candidate, block: block ?? shared, position: index + 1 };
  });
}
