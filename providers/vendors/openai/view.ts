// OpenAI's batch object in the words of the domain.

import type { BatchEnding, BatchError, BatchHandle, BatchPhase, BatchView } from '../../../domain/batch/state.ts';
import { asCode } from '../../json-fields.ts';
import type { BatchWire } from './wire.ts';

const phaseByStatus: Readonly<Record<string, BatchPhase>> = {
  validating: 'validating',
  in_progress: 'running',
  finalizing: 'finalizing',
  cancelling: 'cancelling',
  completed: 'ended',
  failed: 'ended',
  expired: 'ended',
  cancelled: 'ended',
};

const endings = ['completed', 'failed', 'expired', 'cancelled'] as const satisfies readonly BatchEnding[];
const errorsMax = 100;

export function toHandle(batch: BatchWire): BatchHandle {
  return { id: batch.id, createdAt: batch.created_at * 1000, fileId: batch.input_file_id ?? null };
}

export function toView(batch: BatchWire): BatchView {
  const ending = endings.find((each) => each === batch.status) ?? null;
  const endedAt = batch.completed_at ?? batch.failed_at ?? batch.expired_at ?? batch.cancelled_at;
  return {
    // A status nobody has heard of means: keep waiting.
    phase: phaseByStatus[batch.status] ?? 'running',
    ending,
    status: asCode(batch.status) ?? 'unknown',
    counts: readCounts(batch),
    createdAt: batch.created_at * 1000,
    endedAt: ending === null ? null : milliseconds(endedAt),
    expiresAt: milliseconds(batch.expires_at),
    errors: (batch.errors?.data ?? []).slice(0, errorsMax).map(toBatchError),
    files: [batch.input_file_id, batch.output_file_id, batch.error_file_id].filter((id) => typeof id === 'string'),
  };
}

function readCounts({ request_counts: counts }: BatchWire): BatchView['counts'] {
  if (typeof counts?.total !== 'number') return null;
  return { total: counts.total, done: counts.completed ?? 0, failed: counts.failed ?? 0 };
}

const toBatchError = ({
  code,
  line,
}: {
  code?: string | null | undefined;
  line?: number | null | undefined;
}): BatchError => ({
  code: asCode(code) ?? 'unknown',
  line: line ?? null,
});

const milliseconds = (seconds: number | null | undefined): number | null =>
  typeof seconds === 'number' ? seconds * 1000 : null;
