// Asks for the state of a batch: OpenAI's batch object in the words of the domain.

import type { BatchError, BatchHandle, BatchView } from '../../../domain/batch/state.ts';
import { readDetail } from '../../dialects/item-reason.ts';
import { asCode, findByCode } from '../../json-fields.ts';
import type { Context } from '../../provider.ts';
import { readNamedLimit } from '../../transport/fault.ts';
import { type Connection, type OpenaiProfile, retrieveBatch } from './client.ts';
import type { BatchErrorWire, BatchWire } from './wire.ts';

const errorsMax = 100;

export async function poll(connection: Connection, handle: BatchHandle, ctx: Context): Promise<BatchView> {
  return toView(await retrieveBatch(connection, handle.id, ctx), handle, connection.profile);
}

/** Not a number as its time if the server does not say when it made the batch: see `dateUndated`. */
export function toHandle(batch: BatchWire): BatchHandle {
  const createdAt = toMilliseconds(batch.created_at) ?? Number.NaN;
  return { id: batch.id, createdAt, fileId: batch.input_file_id ?? null };
}

function toView(batch: BatchWire, handle: BatchHandle, profile: OpenaiProfile): BatchView {
  const { endings, faults } = profile;
  // A status that is not known means: keep waiting.
  const { phase, ending } = findByCode(endings, batch.status) ?? { phase: 'running', ending: null };
  const endedAt = batch.completed_at ?? batch.failed_at ?? batch.expired_at ?? batch.cancelled_at;
  return {
    phase,
    ending,
    status: asCode(batch.status) ?? 'unknown',
    counts: profile.counts ? readCounts(batch) : null,
    createdAt: toMilliseconds(batch.created_at) ?? handle.createdAt,
    endedAt: ending === null ? null : toMilliseconds(endedAt),
    expiresAt: toMilliseconds(batch.expires_at),
    errors: (batch.errors?.data ?? []).slice(0, errorsMax).map((error) => toBatchError(error, faults)),
    files: [batch.input_file_id, batch.output_file_id, batch.error_file_id].filter((id) => typeof id === 'string'),
    outputs: listOutputs(batch),
  };
}

/** The error file may be named first. While the output of counted answers is not named, the one file must not pass for all of it. */
export function listOutputs({
  output_file_id: output,
  error_file_id: errors,
  request_counts: counts,
}: BatchWire): string[] {
  const named = [output, errors].filter((id): id is string => typeof id === 'string' && id !== '');
  const isComing = (counts?.completed ?? 0) > 0 && (output ?? '') === '';
  return isComing ? [] : named;
}

/** Null if they are not all reported: a batch that was run has a total, and only one that was never found valid counts none. */
function readCounts({ request_counts: counts, in_progress_at: validAt }: BatchWire): BatchView['counts'] {
  if (counts == null || (counts.total === 0 && typeof validAt === 'number')) return null;
  return { total: counts.total, done: counts.completed, failed: counts.failed };
}

function toBatchError(
  { code, line, message }: BatchErrorWire,
  { batches, calls }: OpenaiProfile['faults'],
): BatchError {
  const reason = findByCode(batches, code ?? '') ?? 'other';
  const limit = reason === 'capacity' ? readNamedLimit(calls.limitWords, message ?? '') : null;
  return { reason, line: line ?? null, ...(limit === null ? {} : { limit }), ...readDetail({ message }) };
}

const toMilliseconds = (seconds: number | null | undefined): number | null =>
  typeof seconds === 'number' ? seconds * 1000 : null;
