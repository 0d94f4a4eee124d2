// Takes what a holder declares into the dispatcher's state. A declaration that is older than the last one changes nothing.

import { readOwn } from '../read-own.ts';
import type { Declaration, Need } from './declaration.ts';
import { learn, noteAccepted } from './learned.ts';
import { openPeriods, spend, takeBack } from './ledger.ts';
import { nameAccount } from './limits.ts';
import {
  addLoads,
  type DispatchState,
  type Ended,
  type Entry,
  emptyPool,
  type Holder,
  isSameNeed,
  listOwners,
  multiplyLoad,
  namePool,
  type Pool,
  scaleLoad,
  sizeToLoad,
  sumReserved,
} from './state.ts';

/** No declaration is on its way for longer: the activity that sends it is given up after ten minutes. */
const endedMs = 15 * 60_000;
/** The state must stay small. With more in that time, the earliest are forgotten: what is late of them then counts again. */
const endedMax = 1_500;

export function declare(given: DispatchState, declaration: Declaration, now: number): DispatchState {
  const { holder: id, run, seq, began, isClosed } = declaration;
  const known = readOwn(given.holders, id);
  const ended = readOwn(given.ended, namePart(declaration));
  if (ended !== undefined && ended.forgotten === null) return given;
  if (known !== undefined && (known.run === run ? seq <= known.seq : began < known.began)) return given;
  const state = returnForgotten(replaceEarlier(given, declaration, now), declaration, ended, now);
  const before = readOwn(state.holders, id);
  // It was taken for gone, and what it said last arrived before this.
  if (before !== undefined && seq <= before.seq) return state;
  const holder = readHolder(declaration, before, now);
  const settled = settle(learnFrom(state, before, holder, now), before, holder, now);
  const { [id]: _, ...others } = settled.holders;
  if (!isClosed) return { ...settled, holders: { ...others, [id]: holder } };
  return remember({ ...settled, holders: others }, namePart(declaration), { at: now, forgotten: null });
}

/**
 * Removes a holder whose workflow has ended without a last word. Nobody knows what its open batches cost, so they count as spent, as
 * reserved. If it was not gone, its next declaration takes that back.
 */
export function forget(state: DispatchState, id: string, now: number): DispatchState {
  const gone = readOwn(state.holders, id);
  if (gone === undefined) return state;
  const usd = sumUsd(gone);
  const removed = removeHolder(state, id, gone, usd, now);
  return remember(removed, namePart({ holder: id, run: gone.run }), { at: now, forgotten: { holder: gone, usd } });
}

/** They were looked for. Others, who were not for longer, are next. */
export function noteSeen(state: DispatchState, ids: readonly string[], now: number): DispatchState {
  const seen = ids.flatMap((id): [string, Holder][] => {
    const holder = readOwn(state.holders, id);
    return holder === undefined ? [] : [[id, { ...holder, seenAt: now }]];
  });
  return { ...state, holders: { ...state.holders, ...Object.fromEntries(seen) } };
}

/** A part that another one followed is over. What it had open is not known to be the same batches. */
function replaceEarlier(state: DispatchState, { holder: id, run }: Declaration, now: number): DispatchState {
  const known = readOwn(state.holders, id);
  if (known === undefined || known.run === run) return state;
  const removed = removeHolder(state, id, known, sumUsd(known), now);
  return remember(removed, namePart({ holder: id, run: known.run }), { at: now, forgotten: null });
}

function removeHolder(state: DispatchState, id: string, holder: Holder, usd: number, now: number): DispatchState {
  const { [id]: _, ...holders } = state.holders;
  const pools = noteEnds(state.pools, holder.account, holder.entries, now);
  return { ...state, holders, pools, ledger: spend(openPeriods(state.ledger, now), listOwners(holder), usd, 0) };
}

/** It was not gone: it is as it was, and what was counted for it is not spent. */
function returnForgotten(
  state: DispatchState,
  declaration: Declaration,
  ended: Ended | undefined,
  now: number,
): DispatchState {
  if (ended === undefined || ended.forgotten === null) return state;
  const { holder, usd } = ended.forgotten;
  const { [namePart(declaration)]: _, ...others } = state.ended;
  const ledger = takeBack(openPeriods(state.ledger, now), listOwners(holder), usd, ended.at);
  return { ...state, ended: others, holders: { ...state.holders, [declaration.holder]: holder }, ledger };
}

const namePart = ({ holder, run }: Pick<Declaration, 'holder' | 'run'>): string => `${holder} ${run}`;

function remember(state: DispatchState, part: string, ended: Ended): DispatchState {
  const kept = Object.entries(state.ended)
    .filter(([, { at }]) => ended.at - at < endedMs)
    .slice(1 - endedMax);
  return { ...state, ended: { ...Object.fromEntries(kept), [part]: ended } };
}

function readHolder(declaration: Declaration, before: Holder | undefined, now: number): Holder {
  const { run, chain, began, seq, provider, account, sharing, spentUsd, needs } = declaration;
  return {
    run,
    ...(chain === undefined ? {} : { chain }),
    began,
    seq,
    account: nameAccount(provider, account),
    tenant: sharing.tenant ?? '',
    feature: sharing.feature ?? '',
    priority: sharing.priority ?? 2,
    spentUsd: Math.max(spentUsd, before?.spentUsd ?? 0),
    seenAt: now,
    entries: needs.map((need) => readEntry(need, findEntry(before, need), now)),
  };
}

/** Grants that this dispatcher does not know were given by one before it, and may be used at any time. */
function readEntry(need: Need, before: Entry | undefined, now: number): Entry {
  const granted = Math.max(before?.granted ?? need.granted, need.taken);
  const left = granted - need.taken;
  const out = before === undefined ? multiplyLoad(sizeToLoad(need.each), left) : scaleLoad(before.out, left);
  const isStillWaiting = before !== undefined && before.waiting > 0 && need.waiting > 0;
  return { ...need, granted, out, since: isStillWaiting ? before.since : now };
}

const findEntry = (holder: Holder | undefined, need: Pick<Need, 'model' | 'lane'>): Entry | undefined =>
  holder?.entries.find((entry) => isSameNeed(entry, need));

/** Money that was reserved and is not any more has been spent, or was not needed. */
function settle(state: DispatchState, before: Holder | undefined, after: Holder, now: number): DispatchState {
  const usd = after.spentUsd - (before?.spentUsd ?? 0);
  const freedUsd = before === undefined ? usd : Math.max(0, sumUsd(before) - sumUsd(after));
  const ledger = spend(openPeriods(state.ledger, now), listOwners(after), usd, Math.max(0, usd - freedUsd));
  return { ...state, ledger };
}

const sumUsd = ({ entries }: Holder): number => entries.reduce((sum, entry) => sum + sumReserved(entry).usd, 0);

/** Counts what the provider has accepted and refused since the last declaration. */
function learnFrom(state: DispatchState, before: Holder | undefined, after: Holder, now: number): DispatchState {
  const left = before?.entries.filter((entry) => !after.entries.some((its) => isSameNeed(its, entry))) ?? [];
  const pools = noteEnds(state.pools, after.account, left, now);
  for (const entry of after.entries) {
    const name = namePool(after.account, entry);
    const pool = pools[name] ?? emptyPool;
    const last = findEntry(before, entry);
    const accepted = Math.max(0, entry.accepted - (last?.accepted ?? 0));
    const endedAt = Math.max(pool.endedAt, entry.endedAt);
    // The count of a holder that is new here may be from long ago.
    if (last === undefined || entry.refused.count <= last.refused.count) {
      const next = { ...pool, endedAt, accepted: pool.accepted + accepted };
      const { learned } = pool;
      pools[name] =
        accepted === 0 || learned === undefined
          ? next
          : { ...next, learned: noteAccepted(learned, sumOpen(state, name, after, entry)) };
      continue;
    }
    const open = sumOpen(state, name, after, entry);
    const asked = { batches: open.batches + 1, tokens: open.tokens + entry.each.tokens };
    const learned = learn(pool.learned, entry.refused, { open, asked, endedAt }, now);
    pools[name] = { ...pool, endedAt, accepted: 0, learned };
  }
  return { ...state, pools };
}

/** The room of what is not known any more may be free. */
function noteEnds(
  pools: DispatchState['pools'],
  account: string,
  entries: readonly Entry[],
  now: number,
): Record<string, Pool> {
  const held = entries.filter((entry) => entry.held.batches > 0);
  const ended = held.map((entry): [string, Pool] => {
    const name = namePool(account, entry);
    return [name, { ...(pools[name] ?? emptyPool), endedAt: now }];
  });
  return { ...pools, ...Object.fromEntries(ended) };
}

/** What takes room in a pool, with what this holder says now. */
function sumOpen(state: DispatchState, pool: string, after: Holder, entry: Entry) {
  return Object.values(state.holders)
    .filter(({ run }) => run !== after.run)
    .flatMap((holder) => holder.entries.filter((its) => namePool(holder.account, its) === pool))
    .reduce((sum, its) => addLoads(sum, its.held), entry.held);
}
