// The job calls of Bedrock.
import { basename } from 'node:path/posix';
import { isKnownModel } from '../answers/models.ts';
import { createJob, takeOutput } from '../buckets/jobs.ts';
import { writeObject } from '../buckets/objects.ts';
import { checkOpenBatches, countCreate } from '../limits/batch-limits.ts';
import type { Call, Handler } from '../server/call.ts';
import { asObject, asText } from '../server/json.ts';
import { json, refuse } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import { isoTime } from '../world/clock.ts';
import { cancelForeign, findForeign } from '../world/foreign.ts';
import { type Listed, listedBatches } from '../world/listing.ts';
import { requestCancel, settle } from '../world/settle.ts';
import { findOwn, hasEnded } from '../world/visibility.ts';
import type { Foreign, World } from '../world/world.ts';
import { countRecords, jobArn, jobObject } from './job-object.ts';
import { rowWriter } from './rows.ts';
import { scanRecords } from './scan.ts';

/** Where the API needs no figure, it has these. */
const pageDefault = 100;
const pageMax = 1000;

export const createBedrockJob: Handler = async (world, call) => {
  const { jobName, clientRequestToken, roleArn, modelId, modelInvocationType } = call.body;
  const { current } = world.options;
  const model = asText(modelId);
  const token = asText(clientRequestToken);
  if (asText(roleArn) === '') throw refuse(400, 'The role is missing.');
  if (modelInvocationType !== 'Converse') throw refuse(400, 'This emulator has jobs of Converse only.');
  if (!isKnownModel('bedrock', current, model)) throw refuse(400, 'The provided model identifier is invalid.');
  const known = [...world.batches.values()].find(
    ({ vendor, tenant, metadata }) => vendor === 'bedrock' && tenant === call.tenant && metadata?.token === token,
  );
  if (known !== undefined && token !== '') return json({ jobArn: jobArn(known.id) });
  const inputUri = asText(asObject(asObject(call.body.inputDataConfig).s3InputDataConfig).s3Uri);
  const outputUri = asText(asObject(asObject(call.body.outputDataConfig).s3OutputDataConfig).s3Uri);
  const batch = await createJob(world, call, {
    inputUri,
    endpoint: 'Converse',
    metadata: { model, jobName, token, roleArn, inputUri, outputUri },
    scan: (path) => scanRecords(path, model, current.limits.recordsMin),
    admit() {
      checkOpenBatches(world, call);
      countCreate(world, call);
    },
  });
  return json({ jobArn: jobArn(batch.id) });
};

export const retrieveBedrockJob: Handler = async (world, call) => {
  await settle(world);
  const id = readId(call);
  const foreign = findForeign(world, call, id);
  if (foreign !== undefined) return json(foreignObject(foreign));
  const batch = requireJob(world, call, id);
  await writeOutput(world, batch);
  return json(jobObject(world, batch));
};

/** By its ARN, or by the last part of it. */
const readId = ({ id }: Call): string => id.split('/').at(-1) ?? '';

async function writeOutput(world: World, batch: Batch): Promise<void> {
  const output = takeOutput(world, batch, rowWriter(batch));
  if (output === null) return;
  const { inputUri, outputUri } = batch.metadata ?? {};
  const folder = `${asText(outputUri).replace(/\/$/, '')}/${batch.id}`;
  await writeObject(world, `${folder}/${basename(asText(inputUri))}.out`, output.rows);
  if (!output.whole) return;
  const manifest = Buffer.from(JSON.stringify(countRecords(batch)));
  await writeObject(world, `${folder}/manifest.json.out`, manifest);
}

export const listBedrockJobs: Handler = async (world, call) => {
  await settle(world);
  const { query } = call;
  const wanted = query.get('nameContains') ?? '';
  const objects = listedBatches(world, call)
    .map((listed) => listedObject(world, listed))
    .filter((each) => asText(each?.jobName).includes(wanted));
  const start = Number(query.get('nextToken') ?? 0);
  const end = start + Math.min(Number(query.get('maxResults') ?? pageDefault), pageMax);
  if (!(end > start)) throw refuse(400, 'The token or the number of results is not valid.');
  const next = end < objects.length ? { nextToken: String(end) } : {};
  return json({ invocationJobSummaries: objects.slice(start, end), ...next });
};

function listedObject(world: World, listed: Listed): { jobName?: unknown } | null {
  if (listed.kind === 'own') return jobObject(world, listed.batch);
  if (listed.kind === 'foreign') return foreignObject(listed);
  return world.options.current.list.odd === 'notObject' ? null : foreignObject(listed.foreign);
}

const foreignObject = ({ id, createdAtMs, number, endedAtMs }: Foreign) => ({
  jobArn: jobArn(id),
  jobName: `other-${number}`,
  status: endedAtMs === null ? 'InProgress' : 'Completed',
  submitTime: isoTime(createdAtMs),
});

export const cancelBedrockJob: Handler = async (world, call) => {
  await settle(world);
  const id = readId(call);
  if (cancelForeign(world, { ...call, id }) !== undefined) return json({});
  const batch = requireJob(world, call, id);
  if (hasEnded(world, batch)) throw refuse(400, 'The job has already ended.', { type: 'ConflictException' });
  requestCancel(world, batch);
  await settle(world);
  return json({});
};

function requireJob(world: World, call: Call, id: string): Batch {
  const batch = findOwn(world, call, id);
  if (batch === undefined) throw refuse(404, `The job ${id} does not exist.`);
  return batch;
}
