// A batch as Anthropic's SDKs read it.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { type Batch, type BatchCounts, type BatchState, hasEnded } from '../batches/record.ts';

export interface Shown {
  readonly id: string;
  /** Of the gateway, as the caller reaches it: the SDK asks for the results there, with the caller's token. */
  readonly origin: string;
}

export function describeBatch({ record, state }: Batch, { id, origin }: Shown): { [name: string]: Json } {
  const { createdAt, windowMs } = record;
  return {
    id,
    type: 'message_batch',
    processing_status: toStatus(state),
    request_counts: countRequests(state),
    created_at: toTime(createdAt),
    expires_at: toTime(createdAt + windowMs),
    ended_at: toTime(state.endedAt),
    cancel_initiated_at: toTime(state.cancelAskedAt),
    archived_at: null,
    results_url: hasEnded(state) ? `${origin}/v1/messages/batches/${id}/results` : null,
  };
}

function toStatus(state: BatchState): string {
  if (hasEnded(state)) return 'ended';
  return state.status === 'cancelling' ? 'canceling' : 'in_progress';
}

const toTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** As at the vendor, the counts sum up to the total, and only the end tells the failures. */
function countRequests(state: BatchState): { [name: string]: number } {
  const { total, answered } = state.counts;
  if (!hasEnded(state)) {
    return { processing: total - answered, succeeded: answered, errored: 0, canceled: 0, expired: 0 };
  }
  const { failed, cancelled, expired } = countEnds(state);
  return { processing: 0, succeeded: answered, errored: failed - cancelled - expired, canceled: cancelled, expired };
}

/** A batch may end before a job has counted its lines: then they all end as the batch did. */
function countEnds({ status, counts }: BatchState): BatchCounts {
  const uncounted = counts.total - counts.answered - counts.failed;
  return {
    ...counts,
    failed: counts.failed + uncounted,
    cancelled: counts.cancelled + (status === 'cancelled' ? uncounted : 0),
    expired: counts.expired + (status === 'expired' ? uncounted : 0),
  };
}
