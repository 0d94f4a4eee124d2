// Items of unknown cost: how many there are, and their share of an estimate.

import type { Tally, Unpriced } from '../outcome/outcome.ts';
import { roundKnown, roundUsd, sumOrUnknown } from './cost.ts';

export const nothingUnpriced: Unpriced = { items: 0, usd: 0 };

/** The estimated cost of so many of a batch's items; null if the batch has no estimate. */
export function estimateShare(some: number, items: number, estimateUsd: number | null): number | null {
  if (some === 0) return 0;
  return estimateUsd === null ? null : roundUsd((some / items) * estimateUsd);
}

/** A tally of an earlier version does not say. If it has no cost, no item has a known cost; otherwise only items in doubt have none. */
export function readUnpriced(
  { items, rejected, costUsd, unpriced }: Pick<Tally, 'items' | 'rejected' | 'costUsd' | 'unpriced'>,
  estimateUsd: number | null,
): Unpriced {
  if (unpriced !== undefined) return unpriced;
  const unknown = costUsd === null ? items : (rejected.in_doubt ?? 0);
  return { items: unknown, usd: estimateShare(unknown, items, estimateUsd) };
}

/** The sum of two estimates is unknown if one of them is. */
export function addUnpriced(a: Unpriced, b: Unpriced): Unpriced {
  if (a.items === 0) return b;
  if (b.items === 0) return a;
  return { items: a.items + b.items, usd: roundKnown(sumOrUnknown(a.usd, b.usd)) };
}

/** Failed items that cost nothing do not make an unknown cost known. */
export const knownUsd = (usd: number | null, unpricedItems: number): number | null =>
  usd === 0 && unpricedItems > 0 ? null : usd;
