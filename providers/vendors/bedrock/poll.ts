// Asks for the state of a job: Bedrock's job in the words of the domain. The names of its outputs come from the bucket.

import type { BatchError, BatchHandle, BatchView } from '../../../domain/batch/state.ts';
import { readDetail } from '../../dialects/item-reason.ts';
import { findByCode } from '../../json-fields.ts';
import { requireOwnBucket } from '../../own-bucket.ts';
import type { Context } from '../../provider.ts';
import { type Connection, caller, retrieveJob, toCode } from './client.ts';
import { bedrockEndings } from './endings.ts';
import { refusedCountWords } from './faults.ts';
import { bedrockLimits } from './limits.ts';
import { isRows, listOutput } from './objects.ts';
import type { JobWire } from './wire.ts';

export async function poll(connection: Connection, handle: BatchHandle, ctx: Context): Promise<BatchView> {
  const bucket = requireOwnBucket(caller.name, connection.bucket(), handle);
  const job = await retrieveJob(connection, handle, ctx);
  const { phase, ending, status } = readState(job);
  const files = ending === null ? [] : await listOutput(bucket, handle, ctx);
  const outputs = files.filter(isRows).map(({ uri }) => uri);
  const createdAt = job.submitTime?.getTime() ?? handle.createdAt;
  return {
    phase,
    ending,
    status,
    counts: readCounts(job),
    createdAt,
    endedAt: ending === null ? null : (job.endTime?.getTime() ?? null),
    expiresAt: job.jobExpirationTime?.getTime() ?? createdAt + bedrockLimits.windowMs,
    errors: ending === 'failed' ? [readError(job)] : [],
    files: [handle.fileId, ...files.map(({ uri }) => uri)].filter((name) => name !== null),
    outputs,
  };
}

/** Not a number as its time if the server does not say when it made the job: see `dateUndated`. */
export const toHandle = ({ jobArn, submitTime, inputDataConfig }: JobWire): BatchHandle => ({
  id: jobArn,
  createdAt: submitTime?.getTime() ?? Number.NaN,
  fileId: inputDataConfig?.s3InputDataConfig.s3Uri ?? null,
});

/** With an unknown state, the job continues. */
export function readState({ status }: JobWire): Pick<BatchView, 'phase' | 'ending' | 'status'> {
  const name = toCode(status ?? '') ?? 'unknown';
  return { status: name, ...(findByCode(bedrockEndings, name) ?? { phase: 'running', ending: null }) };
}

/** All counts are 0 until a job begins. */
function readCounts(job: JobWire): BatchView['counts'] {
  const { totalRecordCount: total, successRecordCount, errorRecordCount } = job;
  const [done, failed] = [successRecordCount ?? -1, errorRecordCount ?? -1];
  if (neverBegan(job)) return { total: total ?? 0, done: 0, failed: 0 };
  // A job has at least one record: if none is counted, the counts are not known. A count that is left out is not 0.
  if (total == null || total <= 0 || done < 0 || failed < 0) return null;
  return { total, done, failed };
}

const neverBegan = ({ status, message }: JobWire): boolean =>
  status === 'Expired' || (status === 'Failed' && refusedCountWords.test(message ?? ''));

function readError(job: JobWire): BatchError {
  return { reason: neverBegan(job) ? 'whole_batch' : 'other', line: null, ...readDetail(job) };
}
