// Azure OpenAI's published limits of a batch (Microsoft's documentation, 2026-11).

import type { ProviderLimits } from '../../provider.ts';

export const azureLimits: ProviderLimits = {
  itemsMax: 100_000,
  // 200 MB; decimal, in case they mean that.
  bytesMax: 200_000_000,
  itemsMin: 1,
  // A batch is not expired after its 24 hours: it may run on. A job's own deadline usually cancels it before this.
  windowMs: 48 * 60 * 60_000,
  distinctCounts: false,
  createSendsItems: false,
  lastingFilesMax: 500,
};
