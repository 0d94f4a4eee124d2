// The job calls of Vertex AI.
import { isKnownModel } from '../answers/models.ts';
import { createJob, takeOutput } from '../buckets/jobs.ts';
import { writeObject } from '../buckets/objects.ts';
import { pageOf } from '../gemini/page.ts';
import { checkOpenBatches, checkTokens, countCreate } from '../limits/batch-limits.ts';
import type { Call, Handler } from '../server/call.ts';
import { asList, asObject, asText } from '../server/json.ts';
import { json, refuse } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import { isoTime } from '../world/clock.ts';
import { cancelForeign, findForeign } from '../world/foreign.ts';
import { type Listed, listedBatches } from '../world/listing.ts';
import { requestCancel, settle } from '../world/settle.ts';
import { findOwn, hasEnded } from '../world/visibility.ts';
import type { Foreign, World } from '../world/world.ts';
import { jobName, jobObject, outputFolder } from './job-object.ts';
import { unknownModel } from './model-calls.ts';
import { rowWriter } from './rows.ts';
import { scanRows } from './scan.ts';

export const createVertexJob: Handler = async (world, call) => {
  const { displayName, model: modelName, inputConfig, outputConfig } = call.body;
  const model = asText(modelName).split('/').at(-1) ?? '';
  if (!isKnownModel('vertex', world.options.current, model)) throw unknownModel(model);
  const inputUri = asText(asList(asObject(asObject(inputConfig).gcsSource).uris)[0]);
  const outputUri = asText(asObject(asObject(outputConfig).gcsDestination).outputUriPrefix);
  const batch = await createJob(world, call, {
    inputUri,
    endpoint: 'batchPredictionJobs',
    metadata: { model, modelName, displayName, inputUri, outputUri },
    scan: (path) => scanRows(path, model),
    admit(scan) {
      checkOpenBatches(world, call);
      checkTokens(world, call, scan);
      countCreate(world, call);
    },
  });
  return json(jobObject(world, batch));
};

export const retrieveVertexJob: Handler = async (world, call) => {
  await settle(world);
  const foreign = findForeign(world, call, call.id);
  if (foreign !== undefined) return json(foreignObject(foreign));
  const batch = requireJob(world, call);
  await writeOutput(world, batch);
  return json(jobObject(world, batch));
};

/** Two files, because the vendor does not promise that there is only one. */
async function writeOutput(world: World, batch: Batch): Promise<void> {
  const output = takeOutput(world, batch, rowWriter(batch));
  if (output === null) return;
  const { rows } = output;
  const cut = rows.indexOf(10, rows.length >> 1) + 1;
  const folder = outputFolder(batch);
  await writeObject(world, `${folder}/predictions.jsonl-00000-of-00002`, rows.subarray(0, cut));
  await writeObject(world, `${folder}/predictions.jsonl-00001-of-00002`, rows.subarray(cut));
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
  const batch = requireJob(world, call);
  if (hasEnded(world, batch)) throw refuse(400, 'The job has already ended.', { type: 'FAILED_PRECONDITION' });
  requestCancel(world, batch);
  await settle(world);
  return json({});
};

export const deleteVertexJob: Handler = async (world, call) => {
  await settle(world);
  const batch = requireJob(world, call);
  if (!hasEnded(world, batch)) throw refuse(400, 'The job is still running.', { type: 'FAILED_PRECONDITION' });
  batch.deleted = true;
  world.facts.record({ kind: 'batch_deleted', id: batch.id });
  return json({ name: `operations/${batch.id}`, done: true });
};

function requireJob(world: World, call: Call): Batch {
  const batch = findOwn(world, call, call.id);
  if (batch === undefined) throw refuse(404, `The BatchPredictionJob ${call.id} does not exist.`);
  return batch;
}
