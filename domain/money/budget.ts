// A job's spend cap. Work is reserved by its estimate before it starts, and settled with its actual cost when it ends.

import type { Tally } from '../outcome/outcome.ts';

export interface Budget {
  readonly capUsd: number | null;
  readonly settledUsd: number;
  readonly reservedUsd: number;
}

export const openBudget = (capUsd: number | null, settledUsd = 0): Budget => ({ capUsd, settledUsd, reservedUsd: 0 });

/** With a cap, work of unknown price does not fit, because it could cost any amount. */
export function fits({ capUsd, settledUsd, reservedUsd }: Budget, estimateUsd: number | null): boolean {
  if (capUsd === null) return true;
  return estimateUsd !== null && settledUsd + reservedUsd + estimateUsd <= capUsd;
}

/** The amount that ended work is settled with. Items in doubt may have been billed, so they count by their estimate. */
export function chargedUsd(
  { items, rejected, costUsd }: Pick<Tally, 'items' | 'rejected' | 'costUsd'>,
  estimateUsd: number | null,
): number | null {
  const inDoubt = items === 0 ? 0 : (rejected.in_doubt ?? 0) / items;
  return inDoubt === 0 ? costUsd : (costUsd ?? 0) + inDoubt * (estimateUsd ?? 0);
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
