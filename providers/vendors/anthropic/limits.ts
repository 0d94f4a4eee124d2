// Anthropic's published limits of a message batch (docs, 2026-11), slightly lower if the unit is in doubt.

import type { ProviderLimits } from '../../provider.ts';

export const anthropicLimits: ProviderLimits = {
  itemsMax: 100_000,
  // 256 MB, decimal in case they mean that, without the bytes around the lines.
  bytesMax: 255_999_000,
  itemsMin: 1,
  windowMs: 24 * 60 * 60_000,
  distinctCounts: true,
  createSendsItems: true,
};

/** The vendor does not publish the largest list page; every version seen accepts a hundred. */
export const listPageMax = 100;
/** The most bytes of a batch's results that are read to see whose it is: the id of the first line comes much earlier. */
export const firstLineBytesMax = 1024 * 1024;
