// Sums over the batches of a wave. They decide the next wave, and the status shows them.

import { plusUsd } from '../money/cost.ts';
import { addSpending, nothingSpent, readSpending, type Spending } from '../money/forecast.ts';
import { addUnpriced, knownUsd, nothingUnpriced, readUnpriced } from '../money/unpriced.ts';
import { addCounts, type Tally } from '../outcome/outcome.ts';
import { addUsage, noUsage } from '../outcome/usage.ts';

export interface Totals
  extends Pick<Tally, 'items' | 'answered' | 'retryable' | 'rejected' | 'usage' | 'costUsd' | 'unpriced' | 'cutBytes'> {
  readonly batches: number;
  /** For a forecast. Absent if a worker of an earlier version counted some of it. */
  readonly spending?: Spending;
}

export const noTotals: Totals = {
  batches: 0,
  items: 0,
  answered: 0,
  retryable: {},
  rejected: {},
  usage: noUsage,
  costUsd: null,
  unpriced: nothingUnpriced,
  spending: nothingSpent,
};

export const addTally = (totals: Totals, tally: Tally): Totals =>
  addTotals(totals, { ...tally, batches: 1, ...named(readSpending(tally)) });

export function addTotals(a: Totals, b: Totals): Totals {
  const unpriced = addUnpriced(readUnpriced(a, null), readUnpriced(b, null));
  return {
    batches: a.batches + b.batches,
    items: a.items + b.items,
    answered: a.answered + b.answered,
    retryable: addCounts(a.retryable, b.retryable),
    rejected: addCounts(a.rejected, b.rejected),
    usage: addUsage(a.usage, b.usage),
    costUsd: knownUsd(plusUsd(a.costUsd, b.costUsd), unpriced.items),
    unpriced,
    ...minCut(a, b),
    ...named(addSpending(a.spending, b.spending)),
  };
}

const named = (spending: Spending | undefined): Pick<Totals, 'spending'> =>
  spending === undefined ? {} : { spending };

function minCut({ cutBytes: a = Infinity }: Totals, { cutBytes: b = Infinity }: Totals): Pick<Totals, 'cutBytes'> {
  const cutBytes = Math.min(a, b);
  return cutBytes === Infinity ? {} : { cutBytes };
}
