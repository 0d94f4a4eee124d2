// Bounds of a batch at OpenRouter (its docs, 2026-11).

import type { ProviderLimits } from '../../provider.ts';

export const openrouterLimits: ProviderLimits = {
  itemsMax: 5000,
  // 200 MB, decimal in case they mean that, without the bytes around the lines.
  bytesMax: 199_999_000,
  itemsMin: 1,
  // Most batches end within 24 hours; one of the vendors behind it may take 96.
  windowMs: 96 * 60 * 60_000,
  distinctCounts: true,
  createSendsItems: true,
};
