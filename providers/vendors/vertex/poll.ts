// Asks for the state of a job: Vertex AI's job in the words of the domain.

import type { BatchError, BatchHandle, BatchView } from '../../../domain/batch/state.ts';
import { readStatusName } from '../../dialects/gemini/status.ts';
import { readDetail } from '../../dialects/item-reason.ts';
import { asCode, findByCode } from '../../json-fields.ts';
import { requireOwnBucket } from '../../own-bucket.ts';
import type { Context } from '../../provider.ts';
import { readNamedLimit } from '../../transport/fault.ts';
import { googleEndings } from '../gemini/endings.ts';
import { type Connection, caller, retrieveJob } from './client.ts';
import { vertexFaults } from './faults.ts';
import { vertexLimits } from './limits.ts';
import type { JobWire } from './wire.ts';

export async function poll(connection: Connection, handle: BatchHandle, ctx: Context): Promise<BatchView> {
  requireOwnBucket(caller.name, connection.bucket(), handle);
  return toView(await retrieveJob(connection, handle, ctx), handle);
}

/** Not a number as its time if the server does not say when it made the job: see `dateUndated`. */
export function toHandle({ name, createTime, inputConfig }: JobWire): BatchHandle {
  return {
    id: name,
    createdAt: parseTime(createTime) ?? Number.NaN,
    fileId: inputConfig?.gcsSource.uris[0] ?? null,
  };
}

function toView(job: JobWire, handle: BatchHandle): BatchView {
  const { phase, ending } = readState(job);
  const createdAt = parseTime(job.createTime) ?? handle.createdAt;
  const output = ending === null ? null : readOutputFolder(job);
  return {
    phase,
    ending,
    status: nameState(job) ?? 'unknown',
    counts: readCounts(job, ending !== null),
    createdAt,
    endedAt: ending === null ? null : parseTime(job.endTime),
    expiresAt: createdAt + vertexLimits.windowMs,
    errors: ending === 'failed' ? listErrors(job) : [],
    files: [handle.fileId, output].filter((name) => name !== null),
    outputs: output === null ? [] : [output],
  };
}

const nameState = ({ state }: JobWire): string | null => asCode(state?.replace(/^JOB_STATE_/, '').toLowerCase());

/** With an unknown state, the job continues. */
export const readState = (job: JobWire): Pick<BatchView, 'phase' | 'ending'> =>
  findByCode(googleEndings, nameState(job) ?? '') ?? { phase: 'running', ending: null };

/** Null until the job names one. */
export const readOutputFolder = ({ outputInfo }: JobWire): string | null => outputInfo?.gcsOutputDirectory || null;

/** An ended job without a start was never running (the API's reference of `startTime`), so it answered nothing, though it counts nothing. */
function readCounts({ completionStats, startTime }: JobWire, ended: boolean): BatchView['counts'] {
  const neverRan = ended && (startTime ?? null) === null;
  if (!completionStats) return neverRan ? { total: 0, done: 0, failed: 0 } : null;
  const [done, failed] = [completionStats.successfulCount ?? 0, completionStats.failedCount ?? 0];
  const incomplete = completionStats.incompleteCount ?? 0;
  const total = done + failed + incomplete;
  // A job has at least one row: if none is counted, the counts are not known.
  if (done < 0 || failed < 0 || incomplete < 0 || (total === 0 && !neverRan)) return null;
  return { total, done, failed };
}

function listErrors({ error }: JobWire): BatchError[] {
  if (!error) return [];
  const code = readStatusName(error);
  const reason = findByCode(vertexFaults.batches, code ?? '') ?? 'other';
  const limit = reason === 'capacity' ? readNamedLimit(vertexFaults.calls.limitWords, error.message ?? '') : null;
  return [{ reason, line: null, ...(limit === null ? {} : { limit }), ...readDetail(error) }];
}

function parseTime(text: string | null | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}
