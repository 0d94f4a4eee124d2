// Anthropic's batch object in the words of the domain.

import type { BatchEnding, BatchHandle, BatchPhase, BatchView } from '../../../domain/batch/state.ts';
import { asCode } from '../../json-fields.ts';
import type { BatchWire } from './wire.ts';

const phases: Readonly<Record<string, BatchPhase>> = {
  in_progress: 'running',
  canceling: 'cancelling',
  ended: 'ended',
};

export const isEnded = (batch: BatchWire): boolean => batch.processing_status === 'ended';

/** The counts always sum to the number of requests, although all but `processing` stay 0 until the end. */
export function sumCounts({ request_counts: counts }: BatchWire): number | null {
  if (counts === null || counts === undefined) return null;
  const { processing, succeeded, errored, canceled, expired } = counts;
  return (processing ?? 0) + (succeeded ?? 0) + (errored ?? 0) + (canceled ?? 0) + (expired ?? 0);
}

function readCreatedAt(batch: BatchWire): number {
  return parseTime(batch.created_at) ?? 0;
}

export function toHandle(batch: BatchWire): BatchHandle {
  return { id: batch.id, createdAt: readCreatedAt(batch), fileId: null };
}

export function toView(batch: BatchWire): BatchView {
  const ended = isEnded(batch);
  return {
    // A status nobody has heard of means: keep waiting.
    phase: phases[batch.processing_status] ?? 'running',
    ending: ended ? toEnding(batch) : null,
    status: asCode(batch.processing_status) ?? 'unknown',
    counts: ended ? readCounts(batch) : null,
    createdAt: readCreatedAt(batch),
    endedAt: ended ? parseTime(batch.ended_at) : null,
    expiresAt: parseTime(batch.expires_at),
    errors: [],
    files: [],
  };
}

/** Every batch ends as `ended`: what its requests came to says how. */
function toEnding({ request_counts: counts, cancel_initiated_at: cancelledAt }: BatchWire): BatchEnding {
  if ((counts?.expired ?? 0) > 0) return 'expired';
  if ((counts?.canceled ?? 0) > 0) return 'cancelled';
  const ranNothing = (counts?.succeeded ?? 0) + (counts?.errored ?? 0) === 0;
  return ranNothing && typeof cancelledAt === 'string' ? 'cancelled' : 'completed';
}

function readCounts(batch: BatchWire): BatchView['counts'] {
  const total = sumCounts(batch);
  const counts = batch.request_counts;
  return total === null ? null : { total, done: counts?.succeeded ?? 0, failed: counts?.errored ?? 0 };
}

function parseTime(text: string | null | undefined): number | null {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
