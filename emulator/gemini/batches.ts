// The batch calls of Gemini's API. One create is for answers, the other for embeddings.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isKnownModel } from '../answers/models.ts';
import { faultFor } from '../faults/batch-faults.ts';
import { checkOpenBatches, checkTokens, countCreate } from '../limits/batch-limits.ts';
import type { Call, Handler } from '../server/call.ts';
import { asList, asObject, asText, isObject } from '../server/json.ts';
import { json, refuse } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import { createBatch } from '../world/create-batch.ts';
import { cancelForeign, findForeign } from '../world/foreign.ts';
import { type Listed, listedBatches } from '../world/listing.ts';
import { requestCancel, settle } from '../world/settle.ts';
import { findOwn, hasEnded } from '../world/visibility.ts';
import { newId, nextOrdinal, type World } from '../world/world.ts';
import type { Method } from './answers.ts';
import { batchObject, foreignObject, spoilObject } from './batch-object.ts';
import { findFile } from './files.ts';
import { unknownModel } from './model-calls.ts';
import { pageOf } from './page.ts';
import { scanRequests } from './scan.ts';

const resultsTtlMs = 42 * 86_400_000;

interface Input {
  id: string;
  path: string;
  isInline: boolean;
}

export const createGeminiBatch =
  (method: Method): Handler =>
  async (world, call) => {
    if (!isKnownModel('gemini', world.options.current, call.id)) throw unknownModel(call.id);
    const given = asObject(call.body.batch);
    const config = asObject(given.inputConfig ?? given.input_config);
    const input = config.requests === undefined ? fileInput(world, call, config) : inlineInput(world, config);
    try {
      const scan = await scanRequests(input.path, call.id, method);
      await settle(world);
      checkOpenBatches(world, call);
      checkTokens(world, call, scan);
      countCreate(world, call);
      const batch = createBatch(world, call, {
        endpoint: method,
        metadata: { model: call.id, displayName: asText(given.displayName ?? given.display_name) },
        inputFileId: input.isInline ? '' : input.id,
        inputPath: input.path,
        resultsTtlMs: world.options.current.retention.resultsMs ?? resultsTtlMs,
      });
      beginBatch(world, batch, scan);
      call.mentions.push((text) => scan.index.includesId(text));
      return json(batchObject(world, batch, true));
    } catch (error) {
      if (input.isInline) rmSync(input.path, { force: true });
      throw error;
    }
  };

/** What is wrong with the requests shows when it begins. */
function beginBatch(world: World, batch: Batch, scan: NonNullable<Batch['scan']>): void {
  batch.scan = scan;
  batch.outcomes = new Uint8Array(scan.index.length);
  batch.validatedAtMs = batch.createdAtMs + batch.options.validateMs;
  world.facts.record({ kind: 'validated', id: batch.id, atMs: batch.validatedAtMs });
}

function fileInput(world: World, call: Call, config: Record<string, unknown>): Input {
  const file = findFile(world, call, asText(config.fileName ?? config.file_name).replace(/^files\//, ''));
  if (file.source.kind !== 'disk') throw refuse(400, 'The input must be an uploaded file.');
  if (file.createsRefused < (faultFor(world.options.current, nextOrdinal(world)).fileNotFoundFor ?? 0)) {
    file.createsRefused += 1;
    throw refuse(403, `You do not have permission to access the File ${file.id} or it may not exist.`);
  }
  return { id: file.id, path: file.source.path, isInline: false };
}

/** Kept as the lines that a file would have. */
function inlineInput(world: World, config: Record<string, unknown>): Input {
  const lines = asList(asObject(config.requests).requests)
    .filter(isObject)
    .map(({ request, metadata }) => `${JSON.stringify({ key: asObject(metadata).key, request })}\n`);
  const id = newId(world, 'requests-');
  const path = join(world.dataDir, `${id}.jsonl`);
  writeFileSync(path, lines.join(''));
  return { id, path, isInline: true };
}

export const retrieveGeminiBatch: Handler = async (world, call) => {
  await settle(world);
  const foreign = findForeign(world, call, call.id);
  return json(foreign === undefined ? batchObject(world, findBatch(world, call), true) : foreignObject(foreign));
};

export const listGeminiBatches: Handler = async (world, call) => {
  await settle(world);
  const { page, nextPageToken } = pageOf(listedBatches(world, call), call.query, { fallback: 50, max: 100 });
  // A field mask chooses what is listed.
  const whole = (call.query.get('fields') ?? 'response').includes('response');
  return json({ operations: page.map((listed) => listedObject(world, listed, whole)), ...nextPageToken });
};

function listedObject(world: World, listed: Listed, whole: boolean): object | null {
  if (listed.kind === 'own') return batchObject(world, listed.batch, whole);
  return listed.kind === 'foreign' ? foreignObject(listed) : spoilObject(world, foreignObject(listed.foreign));
}

export const cancelGeminiBatch: Handler = async (world, call) => {
  await settle(world);
  if (cancelForeign(world, call) !== undefined) return json({});
  const batch = findBatch(world, call);
  if (hasEnded(world, batch)) {
    throw refuse(400, 'The batch has already ended.', { type: 'FAILED_PRECONDITION' });
  }
  requestCancel(world, batch);
  await settle(world);
  return json({});
};

export const deleteGeminiBatch: Handler = async (world, call) => {
  await settle(world);
  const batch = findBatch(world, call);
  if (!hasEnded(world, batch)) throw refuse(400, 'The batch is still running.', { type: 'FAILED_PRECONDITION' });
  batch.deleted = true;
  world.facts.record({ kind: 'batch_deleted', id: batch.id });
  return json({});
};

function findBatch(world: World, call: Call): Batch {
  const batch = findOwn(world, call, call.id);
  if (batch === undefined) throw refuse(404, `Requested entity was not found: batches/${call.id}`);
  return batch;
}
