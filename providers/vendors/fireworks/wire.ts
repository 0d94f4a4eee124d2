// Fireworks' jobs and datasets: its jobs read into OpenAI's form.

import { z } from 'zod';
import { asFields, asNumber, asText, type Fields } from '../../json-fields.ts';
import { batchFields } from '../openai/wire.ts';
import { refusedDataset } from './faults.ts';

export const jobWire = z.preprocess((reply) => {
  const job = asFields(reply);
  return job === null ? reply : toOpenaiBatch(job);
}, batchFields);

function toOpenaiBatch(job: Fields): Fields {
  const status = asText(job.state)?.toLowerCase().replace('job_state_', '') ?? 'unspecified';
  const times = asFields(job.lifecycle);
  const counts = readCounts(asFields(job.jobProgress));
  // A failed job names an output that does not exist.
  const hasOutput = status !== 'failed' || (counts !== null && counts.completed + counts.failed > 0);
  return {
    id: lastPart(job.name),
    status,
    input_file_id: lastPart(job.inputDatasetId),
    output_file_id: hasOutput ? lastPart(job.outputDatasetId) : null,
    errors: { data: status === 'failed' ? [readError(asFields(job.status), times)] : [] },
    created_at: job.createTime,
    in_progress_at: times?.runStartTime,
    completed_at: times?.endTime,
    expires_at: job.expireTime,
    request_counts: counts,
  };
}

/** Objects are named by paths, such as `accounts/mine/datasets/name`. */
const lastPart = (name: unknown): string | null => asText(name)?.split('/').at(-1) || null;

/** The total is what the dataset was said to have, so it may be below what was processed. */
function readCounts(progress: Fields | null) {
  if (progress === null) return null;
  const said = asNumber(progress.totalInputRequests) ?? 0;
  const processed = asNumber(progress.totalProcessedRequests) ?? 0;
  const completed = asNumber(progress.successfullyProcessedRequests) ?? 0;
  return { total: Math.max(said, processed), completed, failed: asNumber(progress.failedRequests) ?? 0 };
}

function readError(status: Fields | null, times: Fields | null): Fields {
  const neverRan = times !== null && !times.runStartTime;
  return {
    code: status?.code === 'INVALID_ARGUMENT' && neverRan ? refusedDataset : 'failed',
    message: status?.message,
  };
}

export const datasetWire = z.object({ state: z.string().nullish() });

/** A dataset may have several files: the answers, and the errors. */
export const downloadWire = z.object({ filenameToSignedUrls: z.record(z.string(), z.string()) });
