// xAI counts the requests of a batch while it takes in their file. Until it has counted all of them, a batch of which nothing is pending has not
// ended. A cancelled batch takes in nothing more, and after some hours no batch does: its count may stay below what was sent for good.

import type { BatchHandle, BatchView } from '../../../domain/batch/state.ts';
import type { Found } from '../../provider.ts';

export const withRequests = (handle: BatchHandle, requests: number): BatchHandle => ({ ...handle, requests });

export const foundWithRequests = ({ confirmed, ...found }: Found, requests: number): Found => ({
  ...found,
  confirmed: confirmed.map((handle) => withRequests(handle, requests)),
});

/** Far longer than a file takes. */
const takenInMs = 2 * 60 * 60_000;

/**
 * A reply does not say what time it is, so `now` is the worker's clock. If it is wrong, an end is believed too early or too late: a request without
 * a result is not sent again because of an end (see endings.ts).
 */
export function endWhenTakenIn(view: BatchView, { requests = 0, createdAt }: BatchHandle, now = Date.now()): BatchView {
  if (view.ending !== 'completed' || (view.counts?.total ?? 0) >= requests || now - createdAt >= takenInMs) return view;
  return { ...view, phase: 'running', ending: null, status: 'in_progress', endedAt: null, outputs: [] };
}
