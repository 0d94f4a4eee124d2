// The cap on what a job spends: work is reserved by its estimate before it starts, and settled with what it cost.

export interface Budget {
  readonly capUsd: number | null;
  readonly settledUsd: number;
  readonly reservedUsd: number;
}

export const openBudget = (capUsd: number | null, settledUsd = 0): Budget => ({ capUsd, settledUsd, reservedUsd: 0 });

/** Work whose price is unknown counts as nothing: a budget without prices is refused before the job starts. */
export function fits(budget: Budget, estimateUsd: number | null): boolean {
  return budget.capUsd === null || budget.settledUsd + budget.reservedUsd + (estimateUsd ?? 0) <= budget.capUsd;
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
