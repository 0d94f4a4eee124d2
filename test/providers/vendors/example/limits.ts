// Example's published bounds of a batch (its docs, 2026-11).

import type { ProviderLimits } from '../../../../providers/provider.ts';

export const exampleLimits: ProviderLimits = {
  itemsMax: 20_000,
  bytesMax: 100_000_000,
  itemsMin: 1,
  windowMs: 24 * 60 * 60_000,
  distinctCounts: false,
  createSendsItems: false,
};
