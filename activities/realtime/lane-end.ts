// How a realtime attempt ends. The workflow decides what follows.

import type { RateWait } from '../../domain/dispatch/lane-rate.ts';

export type LaneEnd =
  | { readonly kind: 'done' }
  /** The activity was asked to stop. */
  | { readonly kind: 'stopped' }
  /** A probe had a reply, or the lane has its part of the rate again. */
  | { readonly kind: 'reached' }
  /** No call has a reply. */
  | { readonly kind: 'unreachable' }
  /** The provider asks for a long wait. */
  | { readonly kind: 'told_to_wait'; readonly waitMs: number }
  | WithoutRate;

/** The lane has waited for its part of the rate. */
export interface WithoutRate extends RateWait {
  readonly kind: 'without_rate';
}
