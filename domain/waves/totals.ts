// Sums over the batches of a wave: what the next wave is decided by, and what a person sees.

import { addCounts, addUsage, type Counts, noUsage, plus, type Tally, type Usage } from '../outcome/outcome.ts';

export interface Totals {
  readonly batches: number;
  readonly items: number;
  readonly answered: number;
  readonly retryable: Counts;
  readonly rejected: Counts;
  readonly usage: Usage;
  readonly costUsd: number | null;
}

export const noTotals: Totals = {
  batches: 0,
  items: 0,
  answered: 0,
  retryable: {},
  rejected: {},
  usage: noUsage,
  costUsd: null,
};

export const addTally = (totals: Totals, tally: Tally): Totals => addTotals(totals, { ...tally, batches: 1 });

export function addTotals(a: Totals, b: Totals): Totals {
  return {
    batches: a.batches + b.batches,
    items: a.items + b.items,
    answered: a.answered + b.answered,
    retryable: addCounts(a.retryable, b.retryable),
    rejected: addCounts(a.rejected, b.rejected),
    usage: addUsage(a.usage, b.usage),
    costUsd: plus(a.costUsd, b.costUsd),
  };
}
