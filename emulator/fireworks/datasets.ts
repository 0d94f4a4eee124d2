// Fireworks' datasets: made first and filled by an upload. The output of a job is one of two files, which lie behind signed addresses.

import { join } from 'node:path';
import { addFile, checkStorage, deleteFile, fileContent } from '../openai/files.ts';
import { receiveUpload } from '../openai/upload.ts';
import type { Call, Handler } from '../server/call.ts';
import { asObject, asText, type Json, parseObject } from '../server/json.ts';
import { json, refuse } from '../server/reply.ts';
import { isShown } from '../world/visibility.ts';
import type { World } from '../world/world.ts';
import { findJob, jobOfOutput } from './jobs.ts';

export const prefix = '/fireworks';
const inputTtlMs = 365 * 86_400_000;

export const createDataset: Handler = (world, call) => {
  checkStorage(world, call);
  const { body } = call;
  const count = asText(asObject(body.dataset).exampleCount);
  if (!/^[1-9]\d*$/.test(count)) throw refuse(400, 'example_count is required for uploaded datasets');
  return json({ name: asText(body.datasetId), exampleCount: count, state: 'UPLOADING' });
};

export const uploadDataset: Handler = async (world, call) => {
  const id = /\/datasets\/([a-z0-9-]+):upload$/.exec(call.path)?.[1];
  if (id === undefined) throw refuse(400, 'invalid dataset id');
  const path = join(world.dataDir, `${id}.jsonl`);
  const { filename, bytes } = await receiveUpload(call.request, path);
  if (filename === null) throw refuse(400, 'file is required');
  call.mentions.push((text) => filename.includes(text) || id.includes(text));
  await call.ready();
  addFile(world, call, { id, filename, purpose: '', bytes, expiresAtMs: world.clock.now() + inputTtlMs }, path);
  return json({ id, object: 'file', bytes, filename, purpose: 'dataset' });
};

/** The files of a job's output that are there. */
function listFiles(world: World, call: Call, dataset: string): string[] {
  const batch = findJob(world, call, jobOfOutput(dataset) ?? '');
  if (batch === undefined) return [];
  const files = [
    isShown(batch, 'output', world.clock.now()) ? batch.outputFileId : null,
    isShown(batch, 'error', world.clock.now()) ? batch.errorFileId : null,
  ];
  return files.filter((id) => id !== null && world.files.has(id)).map(String);
}

export const getDownloadEndpoint: Handler = (world, call) => {
  const files = listFiles(world, call, call.id);
  if (files.length === 0) throw refuse(404, 'resource not found');
  const query = `signature=${encodeURIComponent(call.tenant)}`;
  const urls = files.map((id) => [`dataset/${call.id}/${id}`, `${call.origin}${prefix}/v1/signed/${id}?${query}`]);
  return json({ filenameToSignedUrls: Object.fromEntries(urls) });
};

export const deleteDataset: Handler = (world, call) => {
  if (jobOfOutput(call.id) === null) return deleteFile(world, call);
  for (const id of listFiles(world, call, call.id)) deleteFile(world, { ...call, id });
  return json({});
};

/** Answers stand in their lines without a status, and requests that did not run have no line. */
export const signedResults: Handler = async (world, call) => {
  const reply = await fileContent(world, call);
  if (reply.body.kind === 'text') return reply;
  const { chunks } = reply.body;
  const native = () => Buffer.from(toNative(Buffer.concat([...chunks()]).toString('utf8')));
  return { ...reply, body: { kind: 'stream', chunks: () => [native()], length: () => native().length } };
};

const toNative = (text: string): string =>
  text
    .split('\n')
    .flatMap((line) => {
      const record = parseObject(line);
      return record === null ? line : toLine(record, line.endsWith('\r') ? '\r' : '');
    })
    .join('\n');

function toLine({ custom_id: id, response, error }: Json, end: string): string[] {
  const { status_code: status, body } = asObject(response);
  if (status === 200) return [JSON.stringify({ custom_id: id, response: body }) + end];
  const { code, message } = asObject(error);
  if (code === 'batch_expired' || code === 'batch_cancelled') return [];
  const said = asObject(asObject(body).error);
  const number = typeof status === 'number' ? status : code;
  return [
    JSON.stringify({
      custom_id: id,
      error: { code: codes[String(number)] ?? 'internal', message: message ?? said.message },
    }) + end,
  ];
}

const codes: Readonly<Record<string, string>> = {
  400: 'invalid_request_error',
  429: 'rate_limit_error',
  request_timeout: 'timeout_error',
};
