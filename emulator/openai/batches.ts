// The Batch API of OpenAI.

import { isKnownModel } from '../answers/models.ts';
import { faultFor } from '../faults/batch-faults.ts';
import { checkOpenBatches, checkTokens, countCreate } from '../limits/batch-limits.ts';
import type { Call, Handler } from '../server/call.ts';
import { asObject, asText, isObject, type Json } from '../server/json.ts';
import { json, refuse } from '../server/reply.ts';
import { type Batch, batchMoment, type Scan } from '../world/batch.ts';
import { createBatch } from '../world/create-batch.ts';
import { cancelForeign, findForeign } from '../world/foreign.ts';
import { ItemIndex } from '../world/item-index.ts';
import { type Listed, listedBatches, spoilEntry } from '../world/listing.ts';
import { requestCancel, settle } from '../world/settle.ts';
import { isTerminal } from '../world/timeline.ts';
import { isVanished } from '../world/visibility.ts';
import { nextOrdinal, type StoredFile, type World } from '../world/world.ts';
import { isEndpoint } from './answers.ts';
import { batchObject, foreignObject } from './batch-object.ts';
import { listQuery, pageAfter } from './page.ts';
import { scanFile } from './scan.ts';

const resultsTtlMs = 30 * 86_400_000;
const metadataKeysMax = 16;
const metadataKeyMax = 64;
const metadataValueMax = 512;

export const createOpenaiBatch: Handler = async (world, call) => {
  const { body } = call;
  for (const name of ['input_file_id', 'endpoint', 'completion_window']) {
    if (body[name] === undefined) {
      throw invalid(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter');
    }
  }
  const endpoint = readEndpoint(call, body.endpoint);
  if (!isEndpoint(endpoint)) {
    throw invalid(`Invalid value: '${asText(body.endpoint)}'.`, 'endpoint', 'invalid_value');
  }
  if (body.completion_window !== '24h') {
    throw invalid("Invalid value: supported values are: '24h'.", 'completion_window', 'invalid_value');
  }
  const metadata = checkedMetadata(body.metadata);
  const file = inputFile(world, call, asText(body.input_file_id));
  const checked = await scanBeforeCreate(world, file, endpoint);
  await settle(world);
  checkOpenBatches(world, call);
  if (checked?.problems.length === 0) checkTokens(world, call, checked);
  countCreate(world, call);
  const batch = createBatch(world, call, {
    endpoint,
    metadata,
    inputFileId: file.id,
    inputPath: diskPath(file),
    resultsTtlMs: readTtl(world, body),
  });
  batch.scan = checked;
  batch.scanning = validate(world, batch, file).catch((error: unknown) => unreadable(world, batch, error));
  return json(batchObject(world, batch));
};

/** An older API names endpoints, in its lines too, without their version. */
const readEndpoint = ({ flavour }: Call, given: unknown): string =>
  flavour !== null && !asText(given).startsWith('/v1/') ? `/v1${asText(given)}` : asText(given);

const invalid = (message: string, param: string, code: string) =>
  refuse(400, message, { type: 'invalid_request_error', param, code });

function checkedMetadata(metadata: unknown): Json | null {
  if (metadata === undefined || metadata === null) return null;
  if (!isObject(metadata)) {
    throw invalid("Invalid type for 'metadata': expected an object.", 'metadata', 'invalid_type');
  }
  const entries = Object.entries(metadata);
  const fits = ([key, value]: [string, unknown]) =>
    key.length <= metadataKeyMax && typeof value === 'string' && value.length <= metadataValueMax;
  if (entries.length > metadataKeysMax || !entries.every(fits)) {
    throw invalid(
      "Invalid 'metadata': at most 16 pairs of strings of 64 and 512 characters.",
      'metadata',
      'invalid_value',
    );
  }
  return metadata;
}

function inputFile(world: World, { tenant, flavour }: Call, id: string): StoredFile {
  const file = world.files.get(id);
  const visible = file !== undefined && file.tenant === tenant && world.clock.now() < file.expiresAtMs;
  if (!visible) throw cannotFind(id, tenant);
  const purpose = flavour?.purpose ?? 'batch';
  if (file.purpose !== purpose || file.source.kind !== 'disk') {
    throw invalid(`Invalid file purpose: ${file.purpose}. Expected '${purpose}'.`, 'input_file_id', 'invalid_value');
  }
  if (file.createsRefused < (faultFor(world.options.current, nextOrdinal(world)).fileNotFoundFor ?? 0)) {
    file.createsRefused += 1;
    throw cannotFind(id, tenant);
  }
  return file;
}

function cannotFind(id: string, tenant: string) {
  const message = `Cannot find file ${id}, or organization org-${tenant} and project proj-${tenant} does not have access to it.`;
  return invalid(message, 'input_file_id', 'invalid_request');
}

const diskPath = ({ source }: StoredFile): string => (source.kind === 'disk' ? source.path : '');

function readTtl(world: World, body: Json): number {
  const asked = asObject(body.output_expires_after).seconds;
  return world.options.current.retention.resultsMs ?? (typeof asked === 'number' ? asked * 1000 : resultsTtlMs);
}

export function scanUpload(world: World, file: StoredFile, endpoint: string): Promise<Scan> {
  const known = file.scans.get(endpoint);
  if (known !== undefined) return known;
  const options = world.options.current;
  const rules = {
    endpoint,
    unversioned: file.unversioned === true,
    bare: file.bare === true,
    isKnownModel: (name: string) => isKnownModel('openai', options, name),
  };
  // One at a time: twenty files read at the same time would only need twenty times the memory.
  const scanning = world.lastScan.then(() => scanFile(diskPath(file), rules));
  world.lastScan = scanning.catch(() => {});
  file.scans.set(endpoint, scanning);
  return scanning;
}

/** A create that is to refuse tokens must know them; what else is wrong with the file, the validation says. */
async function scanBeforeCreate(world: World, file: StoredFile, endpoint: string): Promise<Scan | null> {
  if (world.options.current.limits.tokensRefusedAt !== 'create') return null;
  return scanUpload(world, file, endpoint).catch(() => null);
}

export async function validate(world: World, batch: Batch, file: StoredFile): Promise<void> {
  const { options, endpoint } = batch;
  const scan = await scanUpload(world, file, endpoint);
  batch.scan = scan;
  batch.outcomes = new Uint8Array(scan.index.length);
  const plannedMs = batch.createdAtMs + options.validateMs;
  // On the real clock a slow disk makes validation longer, as at the vendor; a skipped clock hides it.
  batch.validatedAtMs = world.clock.manual ? plannedMs : Math.max(plannedMs, world.clock.now());
  world.facts.record({ kind: 'validated', id: batch.id, atMs: batch.validatedAtMs });
}

function unreadable(world: World, batch: Batch, error: unknown): void {
  const message = `The input file could not be read: ${String(error)}`;
  batch.scan = { index: new ItemIndex(), problems: [{ code: 'server_error', message, param: null, line: null }] };
  batch.validatedAtMs = world.clock.now();
}

export const retrieveOpenaiBatch: Handler = async (world, call) => {
  await settle(world);
  const foreign = findForeign(world, call, call.id);
  const batch = foreign === undefined ? batchObject(world, findBatch(world, call)) : foreignObject(foreign);
  return json(hideFields(batch, world.options.current.hiddenFields.retrieved));
};

/** As of a server that does not show everything that it keeps. */
const hideFields = (batch: object, hidden: readonly string[]): object =>
  Object.fromEntries(Object.entries(batch).filter(([name]) => !hidden.includes(name)));

/** Calls that OpenAI does not have, and some that share its API do. */
export const unknownCall: Handler = () => {
  throw refuse(404, 'Unknown request URL.');
};

export const listOpenaiBatches: Handler = async (world, call) => {
  await settle(world);
  const { has_more, ...page } = pageAfter(listedBatches(world, call), listQuery(world, call), {
    fallback: 20,
    max: 100,
  });
  const data = page.data.map((listed) => listedObject(world, listed));
  return json({ ...page, data, ...(world.options.current.list.hideMore ? {} : { has_more }) });
};

export function listedObject(world: World, listed: Listed): object | null {
  if (listed.kind === 'odd') return spoilEntry(world, foreignObject(listed.foreign));
  const batch = listed.kind === 'own' ? batchObject(world, listed.batch) : foreignObject(listed);
  return hideFields(batch, world.options.current.hiddenFields.listed);
}

export const cancelOpenaiBatch: Handler = async (world, call) => {
  await settle(world);
  const foreign = cancelForeign(world, call);
  if (foreign !== undefined) return json(foreignObject(foreign));
  const batch = findBatch(world, call);
  const { phase } = batchMoment(batch, world.options.current, world.settledAtMs);
  if (isTerminal(phase)) throw refuse(409, `Cannot cancel a batch with status '${phase}'.`);
  requestCancel(world, batch);
  await settle(world);
  return json(batchObject(world, batch));
};

export function findBatch(world: World, call: Call): Batch {
  const batch = world.batches.get(call.id);
  call.entry.batch = call.id;
  const isThere = batch !== undefined && !batch.deleted && !isVanished(world, batch);
  if (!isThere || batch.vendor !== 'openai' || batch.tenant !== call.tenant) {
    throw refuse(404, `No batch found with id '${call.id}'.`);
  }
  return batch;
}
