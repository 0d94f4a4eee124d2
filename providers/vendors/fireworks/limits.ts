// Bounds of a batch at Fireworks (its docs, 2026-11): a direct upload takes 150 MB. The number of requests is not published.

import type { ProviderLimits } from '../../provider.ts';

export const fireworksLimits: ProviderLimits = {
  itemsMax: 50_000,
  // Decimal, and without the bytes around the file.
  bytesMax: 149_000_000,
  itemsMin: 1,
  windowMs: 24 * 60 * 60_000,
  distinctCounts: false,
  createSendsItems: false,
};
