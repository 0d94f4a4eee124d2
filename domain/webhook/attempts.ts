// What an attempt to deliver a message came to, and when the next one is made.

export type Attempted =
  | { readonly kind: 'taken' }
  /** The receiver wants no more messages. */
  | { readonly kind: 'gone'; readonly why: string }
  /** `afterMs` is what the receiver asks for. */
  | { readonly kind: 'again'; readonly why: string; readonly afterMs: number | null };

const firstMs = 5_000;
/** A receiver that was down for an hour gets everything a quarter of an hour after it is back, at the latest. */
const longestMs = 15 * 60_000;
const askedMaxMs = 60 * 60_000;

/** After so long, a message is given up. */
export const deliveryDaysMax = 3;
export const deliveryMsMax = deliveryDaysMax * 24 * 60 * 60_000;

/** `attempts` were made. */
export function computeRetryDelay(attempts: number, askedMs: number | null): number {
  const own = Math.min(longestMs, firstMs * 2 ** Math.min(attempts - 1, 20));
  return Math.max(own, Math.min(askedMaxMs, askedMs ?? 0));
}
