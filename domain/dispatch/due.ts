// When time alone may let a waiting batch start.

import { findCaps } from './blocks.ts';
import { listCandidates } from './grant.ts';
import { isBelieved } from './learned.ts';
import { findNextDayAt } from './ledger.ts';
import { mergeLimits } from './limits.ts';
import { type DispatchState, listOwners, namePool } from './state.ts';

/** When a learned limit is no longer believed, or a new day brings money. Null if nothing waits, or if only an event can help. */
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
  const times = [...doubtedAt, ...(isCapped ? [findNextDayAt(now)] : [])];
  return times.length === 0 ? null : Math.min(...times);
}
