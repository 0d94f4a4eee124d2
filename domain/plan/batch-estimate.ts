// The estimate of a batch. It is made larger if its model makes more tokens of four bytes than one: it guards limits.

import { costOfSum, type ModelPrice, roundUsd } from '../money/cost.ts';
import type { Lane } from '../outcome/outcome.ts';
import { noUsage } from '../outcome/usage.ts';

/** Tokens and their cost. It guards limits, so it is null if a part of it is not known. */
export interface Estimate {
  /** Four bytes each, times `tokenFactor`. */
  readonly inputTokens: number;
  /** The most output tokens, by the limits of the requests or of their models; null if an item has neither. */
  readonly outputTokens: number | null;
  /** Null if no price is known, or output tokens have no known limit. */
  readonly usd: number | null;
  /** The most that it may cost, as a strict budget reserves it. Null as above; absent in plans of earlier versions. */
  readonly mostUsd?: number | null;
  /** The upper end of how many tokens the model makes of four bytes, if a sample shows more than one. Absent: 1. */
  readonly tokenFactor?: number;
}

/** `factor` is at least 1. */
export function widenEstimate(estimate: Estimate, factor: number, lane: Lane, price: ModelPrice | undefined): Estimate {
  if (factor === 1) return estimate;
  const inputTokens = Math.ceil(estimate.inputTokens * factor);
  const usd = estimate.usd === null ? null : widenUsd(estimate, estimate.usd, inputTokens, lane, price);
  const { mostUsd = null } = estimate;
  const most = mostUsd === null || usd === null ? null : Math.max(mostUsd, usd);
  return { ...estimate, inputTokens, usd, mostUsd: most, tokenFactor: factor };
}

/** Of a strict budget: its cost is the most that it may be already. */
export const widenTokens = (estimate: Estimate, factor: number): Estimate => ({
  ...estimate,
  mostUsd: estimate.usd,
  ...(factor === 1 ? {} : { inputTokens: Math.ceil(estimate.inputTokens * factor), tokenFactor: factor }),
});

/** What follows an amount, as in " (at most $0.40 more)". Empty if it is not known, or nothing. */
export function describeMore(
  { usd, mostUsd = null }: Pick<Estimate, 'usd' | 'mostUsd'>,
  formatUsd: (amount: number | null) => string,
): string {
  const more = usd === null || mostUsd === null ? 0 : mostUsd - usd;
  return more < roundingUsd ? '' : ` (at most ${formatUsd(more)} more)`;
}

/** Long prompts cost more: if the batch has some, all of what is added costs as much. */
function widenUsd(
  { inputTokens, outputTokens }: Estimate,
  usd: number,
  widened: number,
  lane: Lane,
  price: ModelPrice | undefined,
): number {
  const cost = (input: number, output: number): number => costOfSum({ ...noUsage, input, output }, lane, price) ?? 0;
  const hasLong = usd > cost(inputTokens, outputTokens ?? 0) + roundingUsd;
  const added = cost(widened - inputTokens, 0) * (hasLong ? (price?.longContext?.inputFactor ?? 1) : 1);
  return roundUsd(usd + added);
}

/** More than sums of the same costs in another order may differ. */
const roundingUsd = 1e-9;
