// What a job will have cost, and written, in the end: extrapolated from what its ended batches took. It is information, and guards no limit.

import type { Tally } from '../outcome/outcome.ts';
import { chargedUsd } from './budget.ts';
import { findQuantile } from './confidence.ts';
import { roundUsd } from './cost.ts';

/** Over ended batches: `x` is the work that a batch has settled, `y` what the batch took for it. */
interface Sums {
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

/** What the ended batches took. Of items that are sent again, the cost counts, and the work counts when they are settled. */
export interface Spending {
  /** Those that settled something. */
  readonly batches: number;
  /** Settled items: answered, or failed for good. */
  readonly items: number;
  /** Cost by the estimate of what is settled; null if a batch has no estimate or no cost. */
  readonly usd: Sums | null;
  /** Cost and output tokens by settled items; null if a batch does not tell. */
  readonly usdByItem: Sums | null;
  readonly output: Sums | null;
}

/** Of all items of the job, before anything was sent. */
export interface WholeWork {
  readonly items: number;
  readonly usd: number | null;
}

interface Plan {
  readonly items: number;
  readonly estimate: { readonly usd: number | null };
}

/** Rows that fall back cost more than the plan says of them: then only what the settled items took says what the rest may take. */
export const readWhole = ({ items, estimate }: Plan, isFallback: boolean): WholeWork => ({
  items,
  usd: isFallback ? null : estimate.usd,
});

export interface Forecast {
  /** Of the whole job: what was spent, and what the rest will cost. Null if costs are unknown. */
  readonly usd: number | null;
  /** With 95 % confidence, at least what was spent; null if nothing is known. */
  readonly lowUsd: number | null;
  /** At most what was spent and the estimate of the rest, as long as estimates hold. Null if one batch alone has ended and nothing bounds it. */
  readonly highUsd: number | null;
  readonly outputTokens: number | null;
  readonly lowOutputTokens: number | null;
  readonly highOutputTokens: number | null;
  /** The settled items that it is from. */
  readonly basis: number;
}

const none: Sums = { x: 0, y: 0, xx: 0, xy: 0, yy: 0 };
export const nothingSpent: Spending = { batches: 0, items: 0, usd: none, usdByItem: none, output: none };

/** Absent if the tally is of an earlier version, which does not name the estimate. */
export function readSpending(tally: Omit<Tally, 'anomalies' | 'wave' | 'batch'>): Spending | undefined {
  const { estimatedUsd, items, usage } = tally;
  if (estimatedUsd === undefined) return undefined;
  const settled = tally.answered + Object.values(tally.rejected).reduce((sum, count) => sum + count, 0);
  const costUsd = chargedUsd(tally, estimatedUsd);
  const work = estimatedUsd === null || items === 0 ? null : (estimatedUsd * settled) / items;
  return {
    // A batch that settled nothing shows nothing of how batches differ.
    batches: settled === 0 ? 0 : 1,
    items: settled,
    usd: makeSums(work, costUsd),
    usdByItem: makeSums(settled, costUsd),
    output: makeSums(settled, usage.output),
  };
}

/** Absent if one of them is. */
export function addSpending(a: Spending | undefined, b: Spending | undefined): Spending | undefined {
  if (a === undefined || b === undefined) return undefined;
  return {
    batches: a.batches + b.batches,
    items: a.items + b.items,
    usd: addSums(a.usd, b.usd),
    usdByItem: addSums(a.usdByItem, b.usdByItem),
    output: addSums(a.output, b.output),
  };
}

/** Null if nothing is settled, or nothing is left. */
export function forecast(spending: Spending | undefined, whole: WholeWork): Forecast | null {
  if (spending === undefined || spending.items === 0 || spending.items >= whole.items) return null;
  const { batches, items, usd, usdByItem, output } = spending;
  const cost =
    whole.usd !== null && usd !== null
      ? extrapolate(usd, batches, whole.usd, whole.usd - usd.x)
      : extrapolate(usdByItem, batches, whole.items, null);
  const tokens = extrapolate(output, batches, whole.items, null);
  return {
    usd: mapKnown(cost?.likely, roundUsd),
    lowUsd: mapKnown(cost?.low, roundUsd),
    highUsd: mapKnown(cost?.high, roundUsd),
    outputTokens: mapKnown(tokens?.likely, Math.round),
    lowOutputTokens: mapKnown(tokens?.low, Math.floor),
    highOutputTokens: mapKnown(tokens?.high, Math.ceil),
    basis: items,
  };
}

interface Range {
  readonly likely: number;
  readonly low: number;
  readonly high: number | null;
}

/**
 * The batches' ratio of `y` to `x`, times the work that is left. The interval is of a prediction: the ratio is uncertain, and the batches to come
 * differ from each other as the ended ones do. `mostLeft` bounds what the rest may take, unless the ended batches took more than it said of them.
 */
function extrapolate(sums: Sums | null, batches: number, whole: number, mostLeft: number | null): Range | null {
  if (sums === null || sums.x <= 0) return null;
  const { x, y, xx, xy, yy } = sums;
  const left = Math.max(0, whole - x);
  const ratio = y / x;
  const likely = y + ratio * left;
  const most = mostLeft === null || ratio > 1 ? null : y + mostLeft;
  if (batches < 2) return { likely, low: y, high: most };
  const squares = Math.max(0, yy - 2 * ratio * xy + ratio * ratio * xx);
  const variance = squares / (batches - 1);
  const batchesLeft = (left * batches) / x;
  const error = findQuantile(batches - 1) * Math.sqrt(variance * (batchesLeft + batchesLeft ** 2 / batches));
  return { likely, low: Math.max(y, likely - error), high: Math.min(most ?? Number.POSITIVE_INFINITY, likely + error) };
}

/** In words, such as `$1.20 ($1.00 to $1.50), by 4000 items`. */
export function describeForecast(
  { usd, lowUsd, highUsd, basis }: Forecast,
  formatUsd: (amount: number | null) => string,
): string {
  return `${formatUsd(usd)} (${formatUsd(lowUsd)} to ${formatUsd(highUsd)}), by ${basis} ${basis === 1 ? 'item' : 'items'}`;
}

function makeSums(x: number | null, y: number | null): Sums | null {
  return x === null || y === null ? null : { x, y, xx: x * x, xy: x * y, yy: y * y };
}

function addSums(a: Sums | null, b: Sums | null): Sums | null {
  if (a === null || b === null) return null;
  return { x: a.x + b.x, y: a.y + b.y, xx: a.xx + b.xx, xy: a.xy + b.xy, yy: a.yy + b.yy };
}

const mapKnown = (value: number | null | undefined, map: (value: number) => number): number | null =>
  value == null ? null : map(value);
