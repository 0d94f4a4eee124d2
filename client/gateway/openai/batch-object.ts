// A batch as OpenAI's SDKs read it.

import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Usage } from '../../../domain/outcome/usage.ts';
import { type Batch, type BatchProblem, type BatchState, type BatchStatus, hasEnded } from '../batches/record.ts';
import type { OpenaiIds } from './ids.ts';

const statuses: Readonly<Record<BatchStatus, string>> = {
  accepted: 'validating',
  running: 'in_progress',
  finishing: 'finalizing',
  cancelling: 'cancelling',
  completed: 'completed',
  failed: 'failed',
  expired: 'expired',
  cancelled: 'cancelled',
};

export function describeBatch({ record, state }: Batch, ids: OpenaiIds): { readonly [name: string]: Json } {
  const { tenant, uuid, front, file, createdAt, windowMs } = record;
  const { status } = state;
  const endedAs = (wanted: BatchStatus): Json => (status === wanted ? toSeconds(state.endedAt) : null);
  const fileOf = (kind: 'output' | 'errors'): Json =>
    hasOutput(state, kind) ? ids.formatFile(tenant, kind, uuid) : null;
  return {
    id: ids.formatBatch(tenant, uuid),
    object: 'batch',
    endpoint: record.endpoint,
    errors: state.problems.length === 0 ? null : { object: 'list', data: state.problems.map(describeProblem) },
    input_file_id: file === null ? ids.formatFile(tenant, 'input', uuid) : ids.formatFile(tenant, 'file', file),
    completion_window: front.window ?? '24h',
    status: statuses[status],
    output_file_id: fileOf('output'),
    error_file_id: fileOf('errors'),
    created_at: toSeconds(createdAt),
    in_progress_at: status === 'accepted' || status === 'failed' ? null : toSeconds(createdAt),
    expires_at: toSeconds(createdAt + windowMs),
    finalizing_at: hasEnded(state) && status !== 'failed' ? toSeconds(state.endedAt) : null,
    completed_at: endedAs('completed'),
    failed_at: endedAs('failed'),
    expired_at: endedAs('expired'),
    cancelling_at: toSeconds(state.cancelAskedAt),
    cancelled_at: endedAs('cancelled'),
    request_counts: describeCounts(state),
    ...(state.usage === null ? {} : { usage: describeUsage(state.usage) }),
    metadata: front.metadata ?? null,
  };
}

/** Whether a file would have a line. */
export function hasOutput({ results, counts }: BatchState, kind: 'output' | 'errors'): boolean {
  const isReadable = results !== null || (kind === 'errors' && counts.refused > 0);
  return isReadable && counts[kind === 'output' ? 'answered' : 'failed'] > 0;
}

export const toSeconds = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1000));

/** The vendor counts nothing before it has read the file. */
function describeCounts({ status, counts: { total, answered, failed } }: BatchState): Json {
  const isRead = status !== 'accepted' && status !== 'failed';
  return { total: isRead ? total : 0, completed: answered, failed };
}

const describeProblem = ({ code, line, message, param }: BatchProblem): Json => ({ code, line, message, param });

const describeUsage = ({ input, cachedInput, output, reasoning }: Usage): Json => ({
  input_tokens: input ?? 0,
  input_tokens_details: { cached_tokens: cachedInput ?? 0 },
  output_tokens: output ?? 0,
  output_tokens_details: { reasoning_tokens: reasoning ?? 0 },
  total_tokens: (input ?? 0) + (output ?? 0),
});
