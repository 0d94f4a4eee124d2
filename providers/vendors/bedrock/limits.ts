// Bedrock's limits of a batch inference job (AWS docs and service quotas, 2026-11). Some are higher for some models.

import type { ProviderLimits } from '../../provider.ts';

export const timeoutHours = 72;

export const bedrockLimits: ProviderLimits = {
  itemsMax: 50_000,
  // 1 GB for a file; decimal, in case they mean that.
  bytesMax: 1_000_000_000,
  itemsMin: 100,
  // A job that has to wait for its turn expires at AWS's own default of 24 hours.
  windowMs: timeoutHours * 60 * 60_000,
  distinctCounts: false,
  createSendsItems: false,
};

export const listPageMax = 100;
