// Joint requests: one request of a batch carries the inputs of several items, and its answer has a part for each. Items are planned, judged and
// retried one by one; only what goes to the provider and comes back is joint.

import type { JobSpec, PlannedBatch } from '../job.ts';

/** How many items a request of the batch carries: so many in row order, the last request the rest. Calls of the realtime lane carry one. */
export function itemsPerRequest({ batch }: Pick<JobSpec, 'batch'>, { lane }: Pick<PlannedBatch, 'lane'>): number {
  return lane === 'batch' ? (batch.inputsPerRequest ?? 1) : 1;
}

/** How many of a batch's items the request carries whose first item has this place, from 0. */
export const countJoined = (place: number, items: number, perRequest: number): number =>
  Math.min(perRequest, items - place);

export const countRequests = (items: number, perRequest: number): number => Math.ceil(items / perRequest);

/** One item's part of a request's tokens: the parts differ by 1 at most, and add up. */
export function shareTokens(tokens: number | null, index: number, joined: number): number | null {
  return tokens === null ? null : Math.floor(tokens / joined) + (index < tokens % joined ? 1 : 0);
}
