// Bounds of a batch at xAI (its docs, 2026-11). Files may be larger than ours; batches of more than 100,000 requests may be slowed down.

import type { ProviderLimits } from '../../provider.ts';

export const xaiLimits: ProviderLimits = {
  itemsMax: 50_000,
  bytesMax: 200_000_000,
  itemsMin: 1,
  // Most batches end within 24 hours, which is not promised: the vendor keeps one open for a month.
  windowMs: 48 * 60 * 60_000,
  distinctCounts: false,
  createSendsItems: false,
};

/** Results of one page: at most 1,000. A page is held in memory. */
export const resultsPageMax = 500;
