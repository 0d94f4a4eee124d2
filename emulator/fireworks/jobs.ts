// Fireworks' jobs: batches under an id that the client chooses.

import { createOpenaiBatch, retrieveOpenaiBatch } from '../openai/batches.ts';
import { toIsoTime } from '../openai/reshape.ts';
import type { Call, Handler } from '../server/call.ts';
import { asObject, asText, type Json } from '../server/json.ts';
import { refuse } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import type { World } from '../world/world.ts';

const states: Readonly<Record<string, string>> = { in_progress: 'RUNNING', finalizing: 'WRITING_RESULTS' };

export function toJob(batch: Json, call: Call): Json {
  const { status, request_counts: counts, created_at: created } = batch;
  const id = asText(asObject(batch.metadata).job_id);
  const name = (kind: string, of: string) => `accounts/${accountOf(call)}/${kind}/${of}`;
  const { total, completed, failed } = asObject(counts);
  const [problem] = [asObject(batch.errors).data].flat();
  const ran = batch.in_progress_at !== null;
  return {
    name: name('batchInferenceJobs', id),
    createTime: toIsoTime(created),
    expireTime: toIsoTime(batch.expires_at),
    state: `JOB_STATE_${states[asText(status)] ?? asText(status).toUpperCase()}`,
    status:
      problem === undefined
        ? { code: 'OK', message: '' }
        : { code: ran ? 'INTERNAL' : 'INVALID_ARGUMENT', message: asText(asObject(problem).message) },
    model: batch.model,
    inputDatasetId: name('datasets', asText(batch.input_file_id)),
    outputDatasetId: name('datasets', outputId(id)),
    lifecycle: {
      runStartTime: toIsoTime(batch.in_progress_at),
      endTime: toIsoTime(batch.completed_at ?? batch.expired_at ?? batch.cancelled_at ?? batch.failed_at),
    },
    jobProgress:
      typeof total === 'number'
        ? {
            totalInputRequests: total,
            totalProcessedRequests: Number(completed) + Number(failed),
            successfullyProcessedRequests: completed,
            failedRequests: failed,
          }
        : null,
  };
}

const accountOf = ({ path }: Call): string => path.split('/')[4] ?? '';

const outputPrefix = 'bij-';
const outputId = (job: string): string => `${outputPrefix}${job}`;
export const jobOfOutput = (dataset: string): string | null =>
  dataset.startsWith(outputPrefix) ? dataset.slice(outputPrefix.length) : null;

export function findJob(world: World, { tenant }: Call, id: string): Batch | undefined {
  return [...world.batches.values()].find((batch) => batch.tenant === tenant && batch.metadata?.job_id === id);
}

export const createJob: Handler = (world, call) => {
  const { model, inputDatasetId } = call.body;
  const id = call.query.get('batchInferenceJobId') ?? '';
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(id)) throw refuse(400, 'invalid batch inference job id');
  if (typeof model !== 'string' || model === '') throw refuse(400, 'model is required');
  if (findJob(world, call, id) !== undefined) throw refuse(409, 'the job exists already');
  const [, account, dataset] = /^accounts\/([^/]+)\/datasets\/(.+)$/.exec(asText(inputDatasetId)) ?? [];
  if (account !== accountOf(call)) throw refuse(400, 'inputDatasetId must name a dataset of the account');
  call.body = {
    input_file_id: dataset,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { job_id: id },
  };
  return createOpenaiBatch(world, call);
};

export const retrieveJob: Handler = (world, call) => {
  call.id = findJob(world, call, call.id)?.id ?? call.id;
  return retrieveOpenaiBatch(world, call);
};
