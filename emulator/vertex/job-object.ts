// A batch as Vertex AI sends it: a job, its state, and the folder of its output. Numbers are texts, and what is 0 or empty is left out.

import { hasOutput } from '../buckets/jobs.ts';
import { readRpcCode } from '../gemini/error.ts';
import type { Json } from '../server/json.ts';
import { type Batch, batchMoment, itemCount } from '../world/batch.ts';
import { isoTime } from '../world/clock.ts';
import type { Phase } from '../world/timeline.ts';
import { unknownStatus } from '../world/visibility.ts';
import type { World } from '../world/world.ts';

const states: Record<Phase, string> = {
  validating: 'PENDING',
  in_progress: 'RUNNING',
  finalizing: 'RUNNING',
  cancelling: 'CANCELLING',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  expired: 'EXPIRED',
  cancelled: 'CANCELLED',
};

export const jobName = (id: string): string => `projects/1/locations/here/batchPredictionJobs/${id}`;

export function jobObject(world: World, batch: Batch) {
  const moment = batchMoment(batch, world.options.current, world.settledAtMs);
  const { phase, endedAtMs, inProgressAtMs } = moment;
  const { createdAtMs, fault, metadata } = batch;
  const state = unknownStatus(world, batch, moment)?.toUpperCase() ?? states[phase];
  return {
    name: jobName(batch.id),
    displayName: metadata?.displayName,
    model: metadata?.modelName,
    inputConfig: { instancesFormat: 'jsonl', gcsSource: { uris: [metadata?.inputUri] } },
    outputConfig: { predictionsFormat: 'jsonl', gcsDestination: { outputUriPrefix: metadata?.outputUri } },
    ...(hasOutput(world, batch) ? { outputInfo: { gcsOutputDirectory: outputFolder(batch) } } : {}),
    state: `JOB_STATE_${state}`,
    ...(phase === 'failed' ? { error: describeError(batch) } : {}),
    ...(fault.requestCountsNull === true ? {} : { completionStats: countRows(batch) }),
    ...(fault.oddFields === true ? {} : { createTime: isoTime(createdAtMs) }),
    ...(inProgressAtMs === null ? {} : { startTime: isoTime(inProgressAtMs) }),
    ...(endedAtMs === null ? {} : { endTime: isoTime(endedAtMs) }),
    updateTime: isoTime(endedAtMs ?? createdAtMs),
    modelVersionId: '1',
  };
}

/** The vendor makes a folder for each job. */
export const outputFolder = ({ id, metadata }: Batch): string =>
  `${String(metadata?.outputUri).replace(/\/$/, '')}/prediction-model-${id}`;

const describeError = ({ problems: [problem] }: Batch) => ({
  code: readRpcCode(problem?.code ?? ''),
  message: problem?.message,
});

function countRows(batch: Batch): Json {
  if (batch.fault.countsZero === true) return {};
  const counts = {
    successfulCount: batch.succeeded,
    failedCount: batch.failed,
    incompleteCount: itemCount(batch) - batch.executed,
  };
  return Object.fromEntries(Object.entries(counts).flatMap(([name, n]) => (n === 0 ? [] : [[name, String(n)]])));
}
