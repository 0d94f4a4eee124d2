// Mistral: batch jobs whose model and endpoint are the job's, a list with numbered pages, and errors in the body itself.

import { createOpenaiBatch, listedObject } from '../openai/batches.ts';
import { describeFiles, readAsked } from '../openai/files.ts';
import { listQuery } from '../openai/page.ts';
import { listed } from '../openai/reshape.ts';
import type { Flavour, Handler } from '../server/call.ts';
import { asText, type Json } from '../server/json.ts';
import { json, refuse } from '../server/reply.ts';
import { listedBatches } from '../world/listing.ts';
import { settle } from '../world/settle.ts';

const states: Readonly<Record<string, string>> = {
  validating: 'QUEUED',
  in_progress: 'RUNNING',
  finalizing: 'RUNNING',
  cancelling: 'CANCELLATION_REQUESTED',
  completed: 'SUCCESS',
  failed: 'FAILED',
  expired: 'TIMEOUT_EXCEEDED',
  cancelled: 'CANCELLED',
};

const counted = (counts: unknown): Json => ({ total: 0, completed: 0, failed: 0, ...Object(counts) });

function toJob(batch: Json): Json {
  const { total, completed, failed } = counted(batch.request_counts);
  return {
    id: batch.id,
    object: 'batch',
    input_files: [batch.input_file_id],
    metadata: batch.metadata,
    endpoint: batch.endpoint,
    model: batch.model,
    output_file: batch.output_file_id,
    error_file: batch.error_file_id,
    errors: listed(Object(batch.errors)).map(({ message }) => ({ message, count: 1 })),
    status: states[asText(batch.status)] ?? batch.status,
    created_at: batch.created_at,
    started_at: batch.in_progress_at,
    completed_at: batch.completed_at ?? batch.expired_at ?? batch.cancelled_at ?? batch.failed_at,
    total_requests: total,
    completed_requests: Number(completed) + Number(failed),
    succeeded_requests: completed,
    failed_requests: failed,
  };
}

const createJob: Handler = (world, call) => {
  const { input_files: files, model } = call.body;
  if (!Array.isArray(files) || files.length !== 1 || typeof model !== 'string' || model === '') {
    throw refuse(422, 'A job needs one input file and a model.', { type: 'invalid_request_error' });
  }
  call.body = { ...call.body, input_file_id: files[0], completion_window: '24h' };
  return createOpenaiBatch(world, call);
};

const listJobs: Handler = async (world, call) => {
  await settle(world);
  const { page, total } = pageAt(listedBatches(world, call), listQuery(world, call));
  return json({ object: 'list', data: page.map((each) => listedObject(world, each)), total });
};

const listFiles: Handler = (world, call) => {
  const { page, total } = pageAt(describeFiles(world, call), listQuery(world, call));
  return json({ object: 'list', data: page, total });
};

/** Pages are numbered from 0. */
function pageAt<T>(all: readonly T[], query: URLSearchParams): { page: T[]; total: number } {
  const size = Number(query.get('page_size') ?? 100);
  const start = Number(query.get('page') ?? 0) * size;
  return { page: all.slice(start, start + size), total: all.length };
}

export const mistral: Flavour = {
  prefix: '/mistral',
  toPath: (path) => path.replace(/^\/v1\/batch\/jobs/, '/v1/batches'),
  purpose: 'batch',
  uploadTtlMs: (fields) => readAsked(fields, 'expiry', 3_600_000),
  bareLines: true,
  handlers: { 'openai.batches.create': createJob, 'openai.batches.list': listJobs, 'openai.files.list': listFiles },
  reshape: (route, body) => {
    if (route === 'openai.batches.list') return { ...body, data: listed(body).map(toJob) };
    return route.startsWith('openai.batches.') ? toJob(body) : body;
  },
  refusal: (error) => ({ object: 'error', ...error }),
};
