// OpenAI's published limits of a batch (platform docs, 2026-11), slightly lower if the unit is in doubt.

import type { ProviderLimits } from '../../provider.ts';

export const openaiLimits: ProviderLimits = {
  itemsMax: 50_000,
  // 200 MB; decimal, in case they mean that.
  bytesMax: 200_000_000,
  itemsMin: 1,
  // The only completion window there is.
  windowMs: 24 * 60 * 60_000,
  distinctCounts: false,
  createSendsItems: false,
  // 2.5 TB for each project.
  fileBytesMax: 2_500_000_000_000,
};

/** The largest list page. */
export const listPageMax = 100;
/** How long a file stays if it is not deleted: longer than a batch may wait for capacity. */
export const inputExpirySeconds = 14 * 24 * 60 * 60;
