// A batch as Bedrock sends it: a job, its state and its counts. Where its output is follows from its id.

import type { Json } from '../server/json.ts';
import { type Batch, batchMoment, itemCount } from '../world/batch.ts';
import { isoTime } from '../world/clock.ts';
import type { Phase } from '../world/timeline.ts';
import { unknownStatus } from '../world/visibility.ts';
import type { World } from '../world/world.ts';

const states: Record<Phase, string> = {
  validating: 'Validating',
  in_progress: 'InProgress',
  finalizing: 'InProgress',
  cancelling: 'Stopping',
  completed: 'Completed',
  failed: 'Failed',
  expired: 'Expired',
  cancelled: 'Stopped',
};

export const jobArn = (id: string): string => `arn:aws:bedrock:us-east-1:000000000000:model-invocation-job/${id}`;

export function jobObject(world: World, batch: Batch) {
  const moment = batchMoment(batch, world.options.current, world.settledAtMs);
  const { phase, endedAtMs } = moment;
  const { createdAtMs, fault, metadata } = batch;
  const expired = phase === 'expired' && batch.executed > 0 ? 'PartiallyCompleted' : null;
  return {
    jobArn: jobArn(batch.id),
    jobName: metadata?.jobName,
    modelId: metadata?.model,
    clientRequestToken: metadata?.token,
    roleArn: metadata?.roleArn,
    modelInvocationType: 'Converse',
    status: unknownStatus(world, batch, moment) ?? expired ?? states[phase],
    ...(phase === 'failed' ? { message: batch.problems[0]?.message } : {}),
    ...(fault.oddFields === true ? {} : { submitTime: isoTime(createdAtMs) }),
    lastModifiedTime: isoTime(endedAtMs ?? createdAtMs),
    ...(endedAtMs === null ? {} : { endTime: isoTime(endedAtMs) }),
    inputDataConfig: { s3InputDataConfig: { s3Uri: metadata?.inputUri, s3InputFormat: 'JSONL' } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: metadata?.outputUri } },
    ...(fault.requestCountsNull === true ? {} : countRecords(batch)),
  };
}

/** All are 0 until the check of the input is over. */
export function countRecords(batch: Batch): Json {
  const known = batch.admitted && batch.fault.countsZero !== true;
  return {
    totalRecordCount: known ? itemCount(batch) : 0,
    processedRecordCount: known ? batch.succeeded + batch.failed : 0,
    successRecordCount: known ? batch.succeeded : 0,
    errorRecordCount: known ? batch.failed : 0,
  };
}
