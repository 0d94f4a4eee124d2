// Bounds of a batch job at Mistral (its docs and SDK 2.7, 2026-11: a million requests, files of 512 MB), lowered to what a worker reads back in
// one piece.

import type { ProviderLimits } from '../../provider.ts';

export const mistralLimits: ProviderLimits = {
  itemsMax: 100_000,
  bytesMax: 200_000_000,
  itemsMin: 1,
  windowMs: 24 * 60 * 60_000,
  distinctCounts: false,
  createSendsItems: false,
};

/** What a create asks for: the window, in the vendor's unit. */
export const timeoutHours = 24;
