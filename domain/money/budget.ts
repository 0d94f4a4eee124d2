// The cap on what a job spends: work is reserved by its estimate before it starts, and settled with what it cost.

import type { Counts } from '../outcome/outcome.ts';

export interface Budget {
  readonly capUsd: number | null;
  readonly settledUsd: number;
  readonly reservedUsd: number;
}

export const openBudget = (capUsd: number | null, settledUsd = 0): Budget => ({ capUsd, settledUsd, reservedUsd: 0 });

/** Under a cap, work whose price is unknown does not fit: it could cost anything. */
export function fits({ capUsd, settledUsd, reservedUsd }: Budget, estimateUsd: number | null): boolean {
  if (capUsd === null) return true;
  return estimateUsd !== null && settledUsd + reservedUsd + estimateUsd <= capUsd;
}

/** What ended work is settled with: what is in doubt may have been billed, and counts by its estimate. */
export function chargedUsd(
  { items, rejected, costUsd }: { readonly items: number; readonly rejected: Counts; readonly costUsd: number | null },
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
  // Sums of many reservations leave dust behind; less than nothing is never reserved.
  reservedUsd: Math.max(0, budget.reservedUsd - (estimateUsd ?? 0)),
  settledUsd: budget.settledUsd + (costUsd ?? 0),
});
