// xAI counts the requests of a batch while it takes in their file. Until it has counted all of them, a batch of which nothing is pending has not
// ended. A cancelled batch takes in nothing more.

import type { BatchHandle, BatchView } from '../../../domain/batch/state.ts';
import type { Found } from '../../provider.ts';

export const withRequests = (handle: BatchHandle, requests: number): BatchHandle => ({ ...handle, requests });

export const foundWithRequests = ({ confirmed, ...found }: Found, requests: number): Found => ({
  ...found,
  confirmed: confirmed.map((handle) => withRequests(handle, requests)),
});

export function endWhenTakenIn(view: BatchView, { requests = 0 }: BatchHandle): BatchView {
  if (view.ending !== 'completed' || (view.counts?.total ?? 0) >= requests) return view;
  return { ...view, phase: 'running', ending: null, status: 'in_progress', endedAt: null, outputs: [] };
}
