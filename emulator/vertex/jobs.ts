// The job calls of Vertex AI. Rows come from a bucket when a job is created, and go to a bucket when somebody first asks for the job after its end.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isKnownModel } from '../answers/models.ts';
import { resultChunks } from '../answers/results.ts';
import { pageOf } from '../gemini/page.ts';
import { checkOpenBatches, checkTokens, countCreate } from '../limits/batch-limits.ts';
import type { Call, Handler } from '../server/call.ts';
import { asList, asObject, asText } from '../server/json.ts';
import { json, refuse } from '../server/reply.ts';
import { type Batch, batchMoment } from '../world/batch.ts';
import { isoTime } from '../world/clock.ts';
import { createBatch } from '../world/create-batch.ts';
import { cancelForeign, findForeign } from '../world/foreign.ts';
import { type Listed, listedBatches } from '../world/listing.ts';
import { requestCancel, settle } from '../world/settle.ts';
import { isTerminal } from '../world/timeline.ts';
import { isGrowing, isVanished } from '../world/visibility.ts';
import { type Foreign, newId, type World } from '../world/world.ts';
import { hasOutput, jobName, jobObject, outputFolder } from './job-object.ts';
import { unknownModel } from './model-calls.ts';
import { fetchObject, writeObject } from './objects.ts';
import { rowWriter } from './rows.ts';
import { scanRows } from './scan.ts';

export const createVertexJob: Handler = async (world, call) => {
  const { displayName, model: modelName, inputConfig, outputConfig } = call.body;
  const model = asText(modelName).split('/').at(-1) ?? '';
  if (!isKnownModel('vertex', world.options.current, model)) throw unknownModel(model);
  const inputUri = asText(asList(asObject(asObject(inputConfig).gcsSource).uris)[0]);
  const outputUri = asText(asObject(asObject(outputConfig).gcsDestination).outputUriPrefix);
  const inputPath = join(world.dataDir, `${newId(world, 'rows-')}.jsonl`);
  try {
    await fetchObject(world, inputUri, inputPath);
    const scan = await scanRows(inputPath, model);
    await settle(world);
    checkOpenBatches(world, call);
    checkTokens(world, call, scan);
    countCreate(world, call);
    const metadata = { model, modelName, displayName, inputUri, outputUri };
    const given = { endpoint: 'batchPredictionJobs', metadata, inputFileId: '', inputPath };
    const batch = createBatch(world, call, { ...given, resultsTtlMs: Number.POSITIVE_INFINITY });
    batch.scan = scan;
    batch.outcomes = new Uint8Array(scan.index.length);
    batch.validatedAtMs = batch.createdAtMs + batch.options.validateMs;
    world.facts.record({ kind: 'validated', id: batch.id, atMs: batch.validatedAtMs });
    call.mentions.push((text) => scan.index.includesId(text));
    return json(jobObject(world, batch));
  } catch (error) {
    rmSync(inputPath, { force: true });
    throw error;
  }
};

export const retrieveVertexJob: Handler = async (world, call) => {
  await settle(world);
  const foreign = findForeign(world, call, call.id);
  if (foreign !== undefined) return json(foreignObject(foreign));
  const batch = findJob(world, call);
  if (hasOutput(world, batch)) await writeOutput(world, batch);
  return json(jobObject(world, batch));
};

/** Two files, because the vendor does not promise that there is only one. */
async function writeOutput(world: World, batch: Batch): Promise<void> {
  if (batch.downloadsRefused < (batch.fault.outputNotFoundFor ?? 0)) {
    batch.downloadsRefused += 1;
    return;
  }
  const growing = isGrowing(batch, world.settledAtMs);
  const rows = Buffer.concat([...resultChunks(batch, rowWriter(batch), growing ? 'first half' : 'all')]);
  const cut = rows.indexOf(10, rows.length >> 1) + 1;
  const folder = outputFolder(batch);
  await writeObject(world, `${folder}/predictions.jsonl-00000-of-00002`, [rows.subarray(0, cut)]);
  await writeObject(world, `${folder}/predictions.jsonl-00001-of-00002`, [rows.subarray(cut)]);
}

export const listVertexJobs: Handler = async (world, call) => {
  await settle(world);
  const [, wanted] = /^display_?name="([^"]*)"$/i.exec(call.query.get('filter') ?? '') ?? [];
  const objects = listedBatches(world, call).map((listed) => listedObject(world, listed));
  const chosen = objects.filter((each) => wanted === undefined || each?.displayName === wanted);
  const { page, nextPageToken } = pageOf(chosen, call.query, { fallback: 50, max: 100 });
  return json({ batchPredictionJobs: page, ...nextPageToken });
};

function listedObject(world: World, listed: Listed) {
  if (listed.kind === 'own') return jobObject(world, listed.batch);
  if (listed.kind === 'foreign') return foreignObject(listed);
  return world.options.current.list.odd === 'notObject' ? null : foreignObject(listed.foreign);
}

const foreignObject = ({ id, createdAtMs, number, endedAtMs }: Foreign) => ({
  name: jobName(id),
  displayName: `other-${number}`,
  state: `JOB_STATE_${endedAtMs === null ? 'RUNNING' : 'SUCCEEDED'}`,
  createTime: isoTime(createdAtMs),
});

export const cancelVertexJob: Handler = async (world, call) => {
  await settle(world);
  if (cancelForeign(world, call) !== undefined) return json({});
  const batch = findJob(world, call);
  if (hasEnded(world, batch)) throw refuse(400, 'The job has already ended.', { type: 'FAILED_PRECONDITION' });
  requestCancel(world, batch);
  await settle(world);
  return json({});
};

export const deleteVertexJob: Handler = async (world, call) => {
  await settle(world);
  const batch = findJob(world, call);
  if (!hasEnded(world, batch)) throw refuse(400, 'The job is still running.', { type: 'FAILED_PRECONDITION' });
  batch.deleted = true;
  world.facts.record({ kind: 'batch_deleted', id: batch.id });
  return json({ name: `operations/${batch.id}`, done: true });
};

const hasEnded = (world: World, batch: Batch): boolean =>
  isTerminal(batchMoment(batch, world.options.current, world.settledAtMs).phase);

function findJob(world: World, call: Call): Batch {
  const batch = world.batches.get(call.id);
  call.entry.batch = call.id;
  const isOwn = batch?.vendor === 'vertex' && batch.tenant === call.tenant && !batch.deleted;
  if (batch === undefined || !isOwn || isVanished(world, batch)) {
    throw refuse(404, `The BatchPredictionJob ${call.id} does not exist.`);
  }
  return batch;
}
