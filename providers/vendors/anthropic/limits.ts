// Anthropic's published bounds of a message batch (docs, 2026-11), a little below where a unit is in doubt.

import type { ProviderLimits } from '../../provider.ts';

export const anthropicLimits: ProviderLimits = {
  itemsMax: 100_000,
  // 256 MB, decimal in case they mean that, less what stands around the lines.
  bytesMax: 255_999_000,
  itemsMin: 1,
  windowMs: 24 * 60 * 60_000,
  distinctCounts: true,
  createSendsItems: true,
};

/** The most a list page may hold is not published; a hundred is taken by every version seen. */
export const listPageMax = 100;
/** How much of a batch's results is read to see whose it is: its first line's id comes long before. */
export const firstLineBytesMax = 1024 * 1024;
