// A job's spend cap. Work is reserved by its estimate before it starts, and settled with its actual cost when it ends.

import type { Tally } from '../outcome/outcome.ts';
import { plus } from '../outcome/usage.ts';
import { roundUsd } from './cost.ts';
import { estimateShare } from './unpriced.ts';

export interface Budget {
  readonly capUsd: number | null;
  readonly settledUsd: number;
  readonly reservedUsd: number;
}

export const openBudget = (capUsd: number | null, settledUsd = 0): Budget => ({ capUsd, settledUsd, reservedUsd: 0 });

/** With a cap, work of unknown price does not fit, because it could cost any amount. */
export function fits({ capUsd, settledUsd, reservedUsd }: Budget, estimateUsd: number | null): boolean {
  if (capUsd === null) return true;
  // Sums of binary fractions would pass a cap that is exactly enough.
  return estimateUsd !== null && roundUsd(settledUsd + reservedUsd + estimateUsd) <= capUsd;
}

/** The charge for ended work. Items of unknown cost may have been billed, so they count by their estimate. */
export function chargedUsd(
  { items, rejected, costUsd, unpriced }: Pick<Tally, 'items' | 'rejected' | 'costUsd' | 'unpriced'>,
  estimateUsd: number | null,
): number | null {
  // A tally of an earlier version is charged as that version did, because a running workflow may have decided by it.
  const unknownUsd = unpriced?.usd ?? estimateShare(unpriced?.items ?? rejected.in_doubt ?? 0, items, estimateUsd);
  return unknownUsd === 0 ? costUsd : plus(costUsd, unknownUsd);
}

export const reserve = (budget: Budget, estimateUsd: number | null): Budget => ({
  ...budget,
  reservedUsd: budget.reservedUsd + (estimateUsd ?? 0),
});

export const settle = (budget: Budget, estimateUsd: number | null, costUsd: number | null): Budget => ({
  ...budget,
  // Rounding in long sums must never leave a negative reservation.
  reservedUsd: Math.max(0, budget.reservedUsd - (estimateUsd ?? 0)),
  settledUsd: budget.settledUsd + (costUsd ?? 0),
});

/** What work that has reserved this much of the budget may spend; null if there is no cap. */
export function countLeftUsd({ capUsd, settledUsd, reservedUsd }: Budget, ownReservedUsd: number): number | null {
  return capUsd === null ? null : Math.max(0, capUsd - settledUsd - Math.max(0, reservedUsd - ownReservedUsd));
}

/** The lower of two caps; null means no cap. */
export function lowerCap(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
