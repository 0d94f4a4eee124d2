// The tokens and the cost that are expected of one item.

import { estimatedTokens, estimateUsd, type ModelPrice } from '../money/cost.ts';

export interface ItemEstimate {
  /** Estimated from the size of the body. */
  readonly inputTokens: number;
  /** The most output tokens; NaN if neither the request nor its model has a known limit. */
  readonly outputTokens: number;
  /** In each lane; NaN if not known. */
  readonly batchUsd: number;
  readonly realtimeUsd: number;
}

/** `outputTokens` is null if not known. Unknown numbers become NaN, so that they can stand in columns of numbers. */
export function estimateItem(
  bodyBytes: number,
  outputTokens: number | null,
  price: ModelPrice | undefined,
): ItemEstimate {
  const tokens = { inputTokens: estimatedTokens(Math.max(0, bodyBytes)), outputTokens };
  return {
    inputTokens: tokens.inputTokens,
    outputTokens: outputTokens ?? Number.NaN,
    batchUsd: estimateUsd(tokens, 'batch', price) ?? Number.NaN,
    realtimeUsd: estimateUsd(tokens, 'realtime', price) ?? Number.NaN,
  };
}
