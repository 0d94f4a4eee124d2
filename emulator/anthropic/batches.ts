// The Message Batches API of Anthropic.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isKnownModel } from '../answers/models.ts';
import { resultBytes, resultChunks } from '../answers/results.ts';
import { checkOpenBatches, checkQueue, countCreate } from '../limits/batch-limits.ts';
import type { Call, Handler } from '../server/call.ts';
import { json, type Reply, refuse, stream } from '../server/reply.ts';
import { type Batch, batchMoment } from '../world/batch.ts';
import { createBatch } from '../world/create-batch.ts';
import { cancelForeign, findForeign, foreignBytes, foreignChunks } from '../world/foreign.ts';
import type { ItemIndex } from '../world/item-index.ts';
import { type Listed, listedBatches, spoilEntry } from '../world/listing.ts';
import { requestCancel, settle } from '../world/settle.ts';
import { isTerminal } from '../world/timeline.ts';
import { isGrowing, isShown, isVanished } from '../world/visibility.ts';
import type { Foreign } from '../world/world.ts';
import { newId, type World } from '../world/world.ts';
import { batchObject, foreignObject, isArchived } from './batch-object.ts';
import { pageAround } from './page.ts';
import { receiveRequests } from './receive.ts';
import { foreignLine, resultWriter } from './result-lines.ts';

const resultsTtlMs = 29 * 86_400_000;

export const createAnthropicBatch: Handler = async (world, call) => {
  const path = join(world.dataDir, `${newId(world, 'requests-')}.json`);
  const index = await takeIn(world, call, path);
  call.mentions.push((text) => index.includesId(text));
  Object.assign(call.entry, { items: index.length });
  await call.ready();
  await settle(world);
  checkOpenBatches(world, call);
  checkQueue(world, call, index.length);
  countCreate(world, call);
  const retention = world.options.current.retention.resultsMs ?? resultsTtlMs;
  const given = { endpoint: '/v1/messages', metadata: null, inputFileId: '', inputPath: path, resultsTtlMs: retention };
  const batch = createBatch(world, call, given);
  batch.scan = { index, problems: [] };
  batch.outcomes = new Uint8Array(index.length);
  batch.validatedAtMs = batch.createdAtMs;
  return json(batchObject(world, batch, call.origin));
};

async function takeIn(world: World, { request }: Call, path: string): Promise<ItemIndex> {
  try {
    return await receiveRequests(request, path, (name) => isKnownModel('anthropic', world.options.current, name));
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

export const retrieveAnthropicBatch: Handler = async (world, call) => {
  await settle(world);
  const foreign = findForeign(world, call, call.id);
  if (foreign !== undefined) return json(foreignObject(foreign, call.origin));
  return json(batchObject(world, findBatch(world, call), call.origin));
};

export const listAnthropicBatches: Handler = async (world, call) => {
  await settle(world);
  const page = pageAround(listedBatches(world, call), call.query);
  return json({ ...page, data: page.data.map((listed) => listedObject(world, listed, call.origin)) });
};

function listedObject(world: World, listed: Listed, origin: string): object | null {
  if (listed.kind === 'own') return batchObject(world, listed.batch, origin);
  if (listed.kind === 'foreign') return foreignObject(listed, origin);
  return spoilEntry(world, foreignObject(listed.foreign, origin));
}

export const cancelAnthropicBatch: Handler = async (world, call) => {
  await settle(world);
  const foreign = cancelForeign(world, call);
  if (foreign !== undefined) return json(foreignObject(foreign, call.origin));
  const batch = findBatch(world, call);
  if (hasEnded(world, batch)) throw refuse(400, `Batch ${batch.id} has already ended and cannot be canceled.`);
  requestCancel(world, batch);
  await settle(world);
  return json(batchObject(world, batch, call.origin));
};

export const deleteAnthropicBatch: Handler = async (world, call) => {
  await settle(world);
  const batch = findBatch(world, call);
  if (!hasEnded(world, batch)) throw refuse(400, `Batch ${batch.id} is still being processed and cannot be deleted.`);
  batch.deleted = true;
  world.facts.record({ kind: 'batch_deleted', id: batch.id });
  return json({ id: batch.id, type: 'message_batch_deleted' });
};

export const anthropicResults: Handler = async (world, call) => {
  await settle(world);
  const foreign = findForeign(world, call, call.id);
  if (foreign !== undefined) return foreignResults(foreign);
  const batch = findBatch(world, call);
  const shown = hasEnded(world, batch) && isShown(batch, 'output', world.settledAtMs);
  if (!shown) throw refuse(404, `Batch ${batch.id} has no results yet.`);
  if (isArchived(world, batch)) throw refuse(404, `The results of batch ${batch.id} are no longer available.`);
  if (batch.downloadsRefused < (batch.fault.outputNotFoundFor ?? 0)) {
    batch.downloadsRefused += 1;
    throw refuse(404, `The results of batch ${batch.id} were not found.`);
  }
  const write = resultWriter(batch);
  const extent = isGrowing(batch, world.settledAtMs) ? 'first half' : 'all';
  return stream(
    'application/x-jsonl',
    () => resultChunks(batch, write, extent),
    () => resultBytes(batch, write, extent),
  );
};

function foreignResults(foreign: Foreign): Reply {
  if (foreign.endedAtMs === null) throw refuse(404, `Batch ${foreign.id} has no results yet.`);
  const chunks = () => foreignChunks(foreign, foreignLine);
  return stream('application/x-jsonl', chunks, () => foreignBytes(chunks()));
}

function hasEnded(world: World, batch: Batch): boolean {
  return isTerminal(batchMoment(batch, world.options.current, world.settledAtMs).phase);
}

function findBatch(world: World, call: Call): Batch {
  const batch = world.batches.get(call.id);
  call.entry.batch = call.id;
  if (
    batch === undefined ||
    batch.deleted ||
    batch.vendor !== 'anthropic' ||
    batch.tenant !== call.tenant ||
    isVanished(world, batch)
  ) {
    throw refuse(404, `No batch found with id ${call.id}.`);
  }
  return batch;
}
