// Gemini's published limits of a batch (Gemini API docs, 2026-11), slightly lower if the unit is in doubt.

import type { ProviderLimits } from '../../provider.ts';

export const geminiLimits: ProviderLimits = {
  // No count is published. Whatever an expired batch ran is lost, so a batch should not be larger than at other vendors.
  itemsMax: 50_000,
  // 2 GB for a file; decimal, in case they mean that.
  bytesMax: 2_000_000_000,
  itemsMin: 1,
  // 24 hours is the aim; a batch expires after 48.
  windowMs: 48 * 60 * 60_000,
  distinctCounts: false,
  // Only batches of up to `inlineBytesMax`.
  createSendsItems: false,
  // 20 GB for each project.
  fileBytesMax: 20_000_000_000,
};

/**
 * A batch of up to so many bytes is sent with its create, without an upload. The vendor allows 20 MB, but it returns the answers of such a
 * batch inside the batch object, which each list of batches repeats.
 */
export const inlineBytesMax = 100_000;
/** The docs name no largest list page; the SDK's examples use 100 and less. */
export const listPageMax = 100;
