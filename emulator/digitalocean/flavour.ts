// DigitalOcean: OpenAI's batches under other names, files behind signed addresses, and creates with an idempotency key.

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { batchObject } from '../openai/batch-object.ts';
import { createOpenaiBatch, findBatch } from '../openai/batches.ts';
import { addFile, checkStorage, fileContent } from '../openai/files.ts';
import { listed, toIsoTime } from '../openai/reshape.ts';
import type { Call, Flavour, Handler } from '../server/call.ts';
import { asObject, asText, type Json } from '../server/json.ts';
import { json, refuse } from '../server/reply.ts';
import { settle } from '../world/settle.ts';
import { newId } from '../world/world.ts';

const prefix = '/digitalocean';
const inputTtlMs = 30 * 86_400_000;

/** The signature stands for a key: it names the account. */
const sign = ({ origin, tenant }: Call, path: string): string =>
  `${origin}${prefix}${path}?signature=${encodeURIComponent(tenant)}`;

function toBatch({ id, errors, metadata, ...batch }: Json): Json {
  const times = Object.entries(batch).filter(([name]) => name.endsWith('_at'));
  return {
    ...batch,
    batch_id: id,
    provider: 'openai',
    request_id: asObject(metadata).request_id,
    errors: listed(asObject(errors)),
    ...Object.fromEntries(times.map(([name, seconds]) => [name, toIsoTime(seconds)])),
  };
}

const intendFile: Handler = (world, call) => {
  checkStorage(world, call);
  const name = asText(call.body.file_name);
  if (!name.endsWith('.jsonl')) throw refuse(400, 'file_name must end with .jsonl');
  const id = newId(world, 'file-');
  return json({ file_id: id, upload_url: sign(call, `/v1/uploads/${id}`), expires_at: null });
};

const putFile: Handler = async (world, call) => {
  const { id } = call;
  const path = join(world.dataDir, `${id}.jsonl`);
  const target = createWriteStream(path);
  await pipeline(call.request, target);
  await call.ready();
  const expiresAtMs = world.clock.now() + inputTtlMs;
  addFile(
    world,
    call,
    { id, filename: `${id}.jsonl`, purpose: 'batch', bytes: target.bytesWritten, expiresAtMs },
    path,
  );
  return json({});
};

const createBatch: Handler = (world, call) => {
  const { file_id: file, request_id: key, provider, endpoint } = call.body;
  if (provider !== 'openai' || typeof key !== 'string') throw refuse(422, 'provider and request_id are required');
  const own = [...world.batches.values()].filter(({ tenant }) => tenant === call.tenant);
  const same = own.find(({ metadata }) => metadata?.request_id === key);
  if (same !== undefined) return json(batchObject(world, same));
  call.body = { input_file_id: file, endpoint, completion_window: '24h', metadata: { request_id: key } };
  return createOpenaiBatch(world, call);
};

const getResults: Handler = async (world, call) => {
  await settle(world);
  const { final, outputFileId, errorFileId } = findBatch(world, call);
  if (final === null) throw refuse(412, 'Batch results are not yet available.');
  const toUrl = (file: string | null) => (file === null ? null : sign(call, `/v1/signed/${file}`));
  return json({ result_available: true, output_file_url: toUrl(outputFileId), error_file_url: toUrl(errorFileId) });
};

export const digitalocean: Flavour = {
  prefix,
  toPath: (path) => path,
  purpose: 'batch',
  handlers: {
    'openai.files.intend': intendFile,
    'openai.files.put': putFile,
    'openai.files.signed': fileContent,
    'openai.batches.create': createBatch,
    'openai.batches.results': getResults,
  },
  reshape: (route, body) => {
    if (route === 'openai.batches.list') return { ...body, data: listed(body).map(toBatch) };
    return route.startsWith('openai.batches.') && route !== 'openai.batches.results' ? toBatch(body) : body;
  },
};
