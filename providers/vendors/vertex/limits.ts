// Vertex AI's limits of a job (Google's docs on batch inference, 2026-11), slightly lower if the unit is in doubt.

import type { ProviderLimits } from '../../provider.ts';

export const vertexLimits: ProviderLimits = {
  itemsMax: 200_000,
  // 1 GB for a file; decimal, in case they mean that.
  bytesMax: 1_000_000_000,
  itemsMin: 1,
  // A job waits in the queue for up to 72 hours, then runs for up to 24.
  windowMs: 96 * 60 * 60_000,
  distinctCounts: false,
  createSendsItems: false,
};

export const listPageMax = 100;
