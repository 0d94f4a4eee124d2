// OpenRouter: creates that carry their requests, batches without metadata, and results in pages. Nothing can be cancelled.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOpenaiBatch, findBatch, unknownCall } from '../openai/batches.ts';
import { addFile } from '../openai/files.ts';
import { listOutput, parseOutput, refuseWhileHidden } from '../openai/output-lines.ts';
import { listed } from '../openai/reshape.ts';
import { foreignLine } from '../openai/result-lines.ts';
import type { Call, Flavour, Handler } from '../server/call.ts';
import { asObject, asText, isObject, type Json, parseObject } from '../server/json.ts';
import { json, refuse } from '../server/reply.ts';
import { findForeign, foreignChunks } from '../world/foreign.ts';
import { settle } from '../world/settle.ts';
import { newId, type World } from '../world/world.ts';

const inputTtlMs = 30 * 86_400_000;
const pageSize = 1000;

function toBatch(batch: Json): Json {
  const [problem] = listed(asObject(batch.errors));
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    model: batch.model,
    completion_window: '24h',
    status: batch.status,
    created_at: batch.created_at,
    expires_at: batch.expires_at,
    finalized_at: batch.completed_at ?? batch.failed_at ?? batch.expired_at ?? batch.cancelled_at,
    request_counts: batch.request_counts,
    error: problem === undefined ? null : { message: problem.message },
    results: null,
  };
}

const createBatch: Handler = async (world, call) => {
  const { endpoint, model, requests } = call.body;
  if (typeof model !== 'string' || !Array.isArray(requests)) throw refuse(400, 'model and requests are required');
  if (Object.keys(call.body).at(-1) !== 'requests') throw refuse(400, 'requests must come last');
  const id = newId(world, 'file-');
  const lines = Buffer.from(requests.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const path = join(world.dataDir, `${id}.jsonl`);
  writeFileSync(path, lines);
  const expiresAtMs = world.clock.now() + inputTtlMs;
  addFile(world, call, { id, filename: `${id}.jsonl`, purpose: '', bytes: lines.length, expiresAtMs }, path);
  call.body = { input_file_id: id, endpoint, completion_window: '24h' };
  return { ...(await createOpenaiBatch(world, call)), status: 202 };
};

const listResults: Handler = async (world, call) => {
  await settle(world);
  const start = Number(call.query.get('cursor') ?? 0);
  const all = readRows(world, call);
  const end = start + pageSize;
  return json({ object: 'list', results: all.slice(start, end), next_cursor: end < all.length ? String(end) : null });
};

function readRows(world: World, call: Call): Json[] {
  const foreign = findForeign(world, call, call.id);
  if (foreign !== undefined) {
    if (foreign.endedAtMs === null) throw refuse(409, 'The batch has no results yet.');
    return [...foreignChunks(foreign, foreignLine)].map((line) => parseObject(line.toString('utf8'))).filter(isObject);
  }
  const batch = findBatch(world, call);
  if (batch.final === null) throw refuse(409, 'The batch has no results yet.');
  refuseWhileHidden(batch);
  return parseOutput(listOutput(batch)).flatMap(toRow);
}

/** Either a response or an error. Requests that did not run have no result. */
function toRow({ id, custom_id: customId, response, error }: Json): Json[] {
  const { status_code: status, body } = asObject(response);
  if (status === 200) return [{ id, custom_id: customId, response, error: null }];
  const { code, message } = asObject(error);
  if (code === 'batch_expired' || code === 'batch_cancelled') return [];
  const said = message ?? asText(asObject(asObject(body).error).message);
  const type = types[String(typeof status === 'number' ? status : code)] ?? 'api_error';
  return [{ id, custom_id: customId, response: null, error: { message: said, type, param: null } }];
}

const types: Readonly<Record<string, string>> = {
  400: 'invalid_request_error',
  429: 'rate_limit_error',
  request_timeout: 'timeout_error',
};

const deleteBatch: Handler = async (world, call) => {
  await settle(world);
  const batch = findBatch(world, call);
  if (batch.final === null) throw refuse(409, 'Only an ended batch can be deleted.');
  batch.deleted = true;
  world.facts.record({ kind: 'batch_deleted', id: batch.id });
  return json({ id: batch.id, object: 'batch.deleted', deleted: true });
};

export const openrouter: Flavour = {
  prefix: '/openrouter',
  toPath: (path) => path,
  purpose: '',
  bareLines: true,
  handlers: {
    'openai.batches.create': createBatch,
    'openai.batches.results': listResults,
    'openai.batches.delete': deleteBatch,
    'openai.batches.cancel': unknownCall,
  },
  reshape: (route, body) => {
    if (route === 'openai.batches.list') return { ...body, data: listed(body).map(toBatch) };
    return route === 'openai.batches.create' || route === 'openai.batches.retrieve' ? toBatch(body) : body;
  },
};
