// When time alone may let a waiting batch start.

import { findCaps } from './blocks.ts';
import { listCandidates } from './grant.ts';
import { isBelieved } from './learned.ts';
import { findNextDayAt } from './ledger.ts';
import { mergeLimits } from './limits.ts';
import { type DispatchState, listOwners, namePool } from './state.ts';

/**
 * When a learned limit is no longer believed, a new day brings money, or the part of a realtime lane changes. Null if only an event can change
 * anything.
 */
export function findNextChangeAt(state: DispatchState, now: number): number | null {
  const waiting = listCandidates(state);
  const limits = mergeLimits(state.file, state.overrides);
  const doubtedAt = waiting.flatMap(({ holder, entry }) => {
    const learned = state.pools[namePool(holder.account, entry)]?.learned;
    return isBelieved(learned, now) ? [learned.until] : [];
  });
  const isCapped = waiting.some(({ holder }) =>
    listOwners(holder).some((owner) => {
      const { dayUsd, monthUsd } = findCaps(limits, owner);
      return dayUsd !== undefined || monthUsd !== undefined;
    }),
  );
  const times = [...doubtedAt, ...(isCapped ? [findNextDayAt(now)] : []), ...listLaneTimes(state, now)];
  return times.length === 0 ? null : Math.min(...times);
}

const listLaneTimes = ({ pools, lanesFrom = 0 }: DispatchState, now: number): readonly number[] =>
  Object.values(pools)
    .filter(({ lanes }) => lanes !== undefined)
    .flatMap(({ lanes = {}, weights }) => [
      lanesFrom,
      ...(weights?.before === undefined ? [] : [weights.before.until]),
      ...Object.values(lanes).flatMap(({ from, until }) => [from, ...(until === null ? [] : [until])]),
    ])
    .filter((time) => time > now);
