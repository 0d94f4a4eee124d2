// Takes what a holder declares into the dispatcher's state. A declaration that is older than the last one changes nothing.

import type { Declaration, Need } from './declaration.ts';
import { learn } from './learned.ts';
import { openPeriods, spend } from './ledger.ts';
import { nameAccount } from './limits.ts';
import {
  addLoads,
  type DispatchState,
  type Entry,
  emptyPool,
  type Holder,
  isSameNeed,
  listOwners,
  namePool,
  scaleLoad,
  sumReserved,
} from './state.ts';

export function declare(state: DispatchState, declaration: Declaration, now: number): DispatchState {
  const { holder: id, run, seq, isClosed } = declaration;
  const known = state.holders[id];
  if (known !== undefined && known.run === run && seq <= known.seq) return state;
  const base = known === undefined || known.run === run ? state : forget(state, id, now);
  const before = base.holders[id];
  const holder = readHolder(declaration, before, now);
  const settled = settle(learnFrom(base, before, holder, now), before, holder, now);
  const { [id]: _, ...others } = settled.holders;
  return { ...settled, holders: isClosed ? others : { ...others, [id]: holder } };
}

/**
 * Removes a holder whose workflow has ended without a last word. Nobody knows what its open batches cost, so they count as spent, as
 * reserved.
 */
export function forget(state: DispatchState, id: string, now: number): DispatchState {
  const { [id]: gone, ...holders } = state.holders;
  if (gone === undefined) return state;
  const usd = sumUsd(gone);
  return { ...state, holders, ledger: spend(openPeriods(state.ledger, now), listOwners(gone), usd, 0) };
}

function readHolder(declaration: Declaration, before: Holder | undefined, now: number): Holder {
  const { run, seq, provider, account, sharing, spentUsd, needs } = declaration;
  return {
    run,
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

/** Grants that this dispatcher does not know were given by one before it. */
function readEntry(need: Need, before: Entry | undefined, now: number): Entry {
  const granted = Math.max(before?.granted ?? 0, need.taken);
  const out = scaleLoad(before?.out ?? need.held, before === undefined ? 0 : granted - need.taken);
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
  const pools = { ...state.pools };
  for (const entry of after.entries) {
    const name = namePool(after.account, entry);
    const pool = pools[name] ?? emptyPool;
    const last = findEntry(before, entry);
    const accepted = Math.max(0, entry.accepted - (last?.accepted ?? 0));
    // The count of a holder that is new here may be from long ago.
    if (last === undefined || entry.refused.count <= last.refused.count) {
      pools[name] = { ...pool, accepted: pool.accepted + accepted };
      continue;
    }
    const open = sumOpen(state, name, after, entry);
    const asked = { batches: open.batches + 1, tokens: open.tokens + entry.each.tokens };
    pools[name] = { ...pool, accepted: 0, learned: learn(pool.learned, entry.refused.named, open, asked, now) };
  }
  return { ...state, pools };
}

/** What takes room in a pool, with what this holder says now. */
function sumOpen(state: DispatchState, pool: string, after: Holder, entry: Entry) {
  return Object.values(state.holders)
    .filter(({ run }) => run !== after.run)
    .flatMap((holder) => holder.entries.filter((its) => namePool(holder.account, its) === pool))
    .reduce((sum, its) => addLoads(sum, its.held), entry.held);
}
