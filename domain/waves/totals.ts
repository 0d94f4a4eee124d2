// Sums over the batches of a wave. They decide the next wave, and the status shows them.

import { plusUsd } from '../money/cost.ts';
import { addUnpriced, knownUsd, nothingUnpriced, readUnpriced } from '../money/unpriced.ts';
import { addCounts, addUsage, noUsage, type Tally } from '../outcome/outcome.ts';

export interface Totals
  extends Pick<Tally, 'items' | 'answered' | 'retryable' | 'rejected' | 'usage' | 'costUsd' | 'unpriced' | 'cutBytes'> {
  readonly batches: number;
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
};

export const addTally = (totals: Totals, tally: Tally): Totals => addTotals(totals, { ...tally, batches: 1 });

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
  };
}

function minCut({ cutBytes: a = Infinity }: Totals, { cutBytes: b = Infinity }: Totals): Pick<Totals, 'cutBytes'> {
  const cutBytes = Math.min(a, b);
  return cutBytes === Infinity ? {} : { cutBytes };
}
