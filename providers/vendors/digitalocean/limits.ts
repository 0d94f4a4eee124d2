// Bounds of a batch at DigitalOcean (its docs, 2026-11).

import type { ProviderLimits } from '../../provider.ts';

export const digitaloceanLimits: ProviderLimits = {
  itemsMax: 50_000,
  bytesMax: 200_000_000,
  itemsMin: 1,
  windowMs: 24 * 60 * 60_000,
  distinctCounts: false,
  createSendsItems: false,
};
