// xAI: batches with a name and counts but without a status, and results in pages.

import { createOpenaiBatch, findBatch, listedObject } from '../openai/batches.ts';
import { describeFiles, readAsked } from '../openai/files.ts';
import { listOutput, parseOutput, refuseWhileHidden } from '../openai/output-lines.ts';
import { listQuery } from '../openai/page.ts';
import { listed, toIsoTime } from '../openai/reshape.ts';
import type { Flavour, Handler } from '../server/call.ts';
import { asObject, asText, type Json } from '../server/json.ts';
import { json } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import { listedBatches } from '../world/listing.ts';
import { settle } from '../world/settle.ts';
import { toResult } from './result.ts';

const open: readonly unknown[] = ['validating', 'in_progress', 'finalizing', 'cancelling'];

function toState({ request_counts: counts, status, in_progress_at: validAt }: Json): Json {
  const { total, completed, failed, isTakingIn } = asObject(counts);
  // Counts of 0 are left out, as they are before the file is read, and if it is never found valid.
  if (typeof total !== 'number' || total === 0 || (status === 'failed' && validAt === null)) return {};
  const left = total - Number(completed) - Number(failed);
  const pending = open.includes(status) ? Math.max(isTakingIn === true ? 0 : 1, left) : status === 'expired' ? left : 0;
  return {
    num_requests: total,
    num_pending: pending,
    num_success: completed,
    num_error: failed,
    num_cancelled: status === 'cancelled' ? left : 0,
  };
}

const month = 30 * 86_400;

function toBatch(batch: Json): Json {
  const { id, status, created_at: created, errors } = batch;
  const [problem] = listed(asObject(errors));
  const message = problem === undefined ? null : `JSONL file validation failed: ${asText(problem.message)}`;
  return {
    batch_id: id,
    name: asObject(batch.metadata).name ?? null,
    input_file_id: batch.input_file_id,
    create_time: toIsoTime(created),
    expire_time: toIsoTime(status === 'expired' ? created : Number(created) + month),
    cancel_time: toIsoTime(batch.cancelling_at ?? batch.failed_at),
    cancel_by_xai_message: message,
    state: toState(batch),
  };
}

const createBatch: Handler = (world, call) => {
  const { name, input_file_id: file } = call.body;
  call.body = {
    input_file_id: file,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { name: asText(name) },
  };
  return createOpenaiBatch(world, call);
};

const listBatches: Handler = async (world, call) => {
  await settle(world);
  const all = listedBatches(world, call);
  const start = Number(call.query.get('pagination_token') ?? 0);
  const end = start + Number(call.query.get('limit') ?? 20);
  const data = all.slice(start, end).map((each) => listedObject(world, each));
  return json({ data, pagination_token: end < all.length ? String(end) : null });
};

const listFiles: Handler = (world, call) => {
  const all = describeFiles(world, call);
  const start = Number(call.query.get('pagination_token') ?? 0);
  const end = start + Number(listQuery(world, call).get('limit') ?? 100);
  return json({ data: all.slice(start, end), pagination_token: end < all.length ? String(end) : null });
};

/** The results from which the first page was taken, until the last page is: to write them again for each page takes far longer. */
const pagedResults = new WeakMap<Batch, readonly string[]>();

const listResults: Handler = async (world, call) => {
  await settle(world);
  const batch = findBatch(world, call);
  refuseWhileHidden(batch);
  const start = Number(call.query.get('pagination_token') ?? 0);
  const all = (start > 0 ? pagedResults.get(batch) : undefined) ?? listOutput(batch);
  const end = start + Number(call.query.get('limit') ?? 100);
  if (end < all.length) pagedResults.set(batch, all);
  else pagedResults.delete(batch);
  const results = parseOutput(all.slice(start, end)).flatMap((line) => toResult(line) ?? []);
  return json({ results, pagination_token: end < all.length ? String(end) : null });
};

export const xai: Flavour = {
  prefix: '/xai',
  toPath: (path) => path.replace(/:cancel$/, '/cancel'),
  purpose: '',
  uploadTtlMs: (fields) => readAsked(fields, 'expires_after', 1000),
  handlers: {
    'openai.batches.create': createBatch,
    'openai.batches.list': listBatches,
    'openai.batches.results': listResults,
    'openai.files.list': listFiles,
  },
  reshape: (route, body) => {
    if (route === 'openai.batches.list') {
      return { batches: listed(body).map(toBatch), pagination_token: body.pagination_token };
    }
    return route.startsWith('openai.batches.') && route !== 'openai.batches.results' ? toBatch(body) : body;
  },
};
