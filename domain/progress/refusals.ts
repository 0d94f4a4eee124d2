// Counts batches that the provider refuses in a row. If it refuses every batch for the same reason, a person should check before the whole
// dataset is sent in another way. Pure.

import type { Tally } from '../outcome/outcome.ts';

/** Refusals in a row after which the job pauses. */
const refusalsMax = 3;
/** This many refusals stop a fallback of everything, if no batch was ever accepted. */
const refusalsBeforeFallbackMax = 2;

export interface Refusals {
  /** The refusal in a word; null if the last batch was accepted. */
  readonly refusal: string | null;
  readonly inRow: number;
  /** How many refusals a person knew of when the job was last resumed. */
  readonly known: number;
  /** Whether the provider has accepted any batch of the job. */
  readonly anyAccepted: boolean;
}

export const noRefusals: Refusals = { refusal: null, inRow: 0, known: 0, anyAccepted: false };

/** A batch that was never sent, or that names the lines to blame, says nothing about the others. */
export function countRefusal(refusals: Refusals, { lane, batchId, refusal = null }: Tally): Refusals {
  if (lane !== 'batch') return refusals;
  if (refusal === null) return batchId === null ? refusals : { ...noRefusals, anyAccepted: true };
  if (refusal !== refusals.refusal) return { ...refusals, refusal, inRow: 1, known: 0 };
  return { ...refusals, inRow: refusals.inRow + 1 };
}

export const mustPause = ({ inRow, known }: Refusals): boolean => inRow - known >= refusalsMax;

/** A fallback would send everything at twice the price. */
export const mustPauseBeforeFallback = ({ inRow, known, anyAccepted }: Refusals): boolean =>
  !anyAccepted && inRow > known && inRow >= refusalsBeforeFallbackMax;

/** After a person resumed the job, it takes further refusals to pause it again. */
export const acknowledge = (refusals: Refusals): Refusals => ({ ...refusals, known: refusals.inRow });

export const describeRefusals = ({ refusal, inRow }: Refusals): string =>
  `the provider refused ${inRow} batches in a row (${refusal}): check model, endpoint, account and, for a provider of your own, its profile; then resume or cancel the job`;
