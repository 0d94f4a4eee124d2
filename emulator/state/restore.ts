// Builds the world again from the facts of an earlier emulator. What ran while nobody looked follows from the clock, as always.
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isKnownModel } from '../answers/models.ts';
import { billSingle } from '../answers/sync-lane.ts';
import { rereadRequests } from '../anthropic/receive.ts';
import { scanRecords } from '../bedrock/scan.ts';
import { scanRequests } from '../gemini/scan.ts';
import { scanUpload, validate } from '../openai/batches.ts';
import { asText } from '../server/json.ts';
import { scanRows } from '../vertex/scan.ts';
import type { Batch } from '../world/batch.ts';
import { addBatch } from '../world/create-batch.ts';
import { parseHex16 } from '../world/hash.ts';
import { finishBatch, recordRun } from '../world/settle.ts';
import type { StoredFile, World } from '../world/world.ts';
import { type BatchFact, type EndFact, type Fact, type FileFact, unpackOutcomes } from './facts.ts';
import type { ReadFacts } from './facts-file.ts';

/** Does not record anything: the facts are in the file already. */
export async function restoreWorld(world: World, { header, facts }: ReadFacts): Promise<void> {
  for (const [prefix, given] of Object.entries(header.ids)) world.ids.set(prefix, given);
  world.forgottenBatches = header.forgottenBatches;
  const uploads = new Map<string, StoredFile>();
  for (const fact of facts) {
    if (fact.kind === 'file') uploads.set(fact.id, toFile(world, fact));
    if (fact.kind === 'batch') addBatch(world, toBatch(world, fact));
    if (fact.kind === 'single') billSingle(world.ledger, parseHex16(fact.body), fact.outcome, fact.withoutUsage);
  }
  for (const [id, file] of uploads) world.files.set(id, file);
  for (const fact of facts) applyChange(world, fact);
  for (const batch of world.batches.values()) await readInput(world, batch, uploads);
  for (const fact of facts) if (fact.kind === 'ended') end(world, fact);
  for (const fact of facts) if (fact.kind === 'file_deleted') world.files.delete(fact.id);
  removeOthers(world, uploads);
}

function toFile({ dataDir }: World, { kind: _, ...fact }: FileFact): StoredFile {
  const path = join(dataDir, `${fact.id}.jsonl`);
  return { ...fact, source: { kind: 'disk', path }, scans: new Map(), createsRefused: 0 };
}

function toBatch({ dataDir }: World, { kind: _, input, ...fact }: BatchFact) {
  return { ...fact, inputPath: join(dataDir, input) };
}

function applyChange(world: World, fact: Fact): void {
  if (fact.kind !== 'validated' && fact.kind !== 'cancel') return;
  const batch = world.batches.get(fact.id);
  if (batch === undefined) return;
  if (fact.kind === 'validated') batch.validatedAtMs = fact.atMs;
  if (fact.kind === 'cancel') batch.cancelRequestedAtMs = fact.atMs;
}

async function readInput(world: World, batch: Batch, uploads: ReadonlyMap<string, StoredFile>): Promise<void> {
  if (batch.vendor === 'anthropic') {
    batch.scan = {
      index: await rereadRequests(batch.inputPath, (name) => isKnownModel('anthropic', batch.options, name)),
      problems: [],
    };
    batch.validatedAtMs = batch.createdAtMs;
  } else if (batch.vendor === 'gemini') {
    const method = batch.endpoint === 'embedContent' ? 'embedContent' : 'generateContent';
    batch.scan = await scanRequests(batch.inputPath, asText(batch.metadata?.model), method);
    // A kill between the two facts.
    batch.validatedAtMs ??= batch.createdAtMs + batch.options.validateMs;
  } else if (batch.vendor === 'bedrock') {
    batch.scan = await scanRecords(batch.inputPath, asText(batch.metadata?.model), batch.options.limits.recordsMin);
    batch.validatedAtMs ??= batch.createdAtMs + batch.options.validateMs;
  } else if (batch.vendor === 'vertex') {
    batch.scan = await scanRows(batch.inputPath, asText(batch.metadata?.model));
    batch.validatedAtMs ??= batch.createdAtMs + batch.options.validateMs;
  } else {
    const file = uploads.get(batch.inputFileId);
    if (file === undefined) throw new Error(`the input file of batch ${batch.id} is not known any more`);
    if (batch.validatedAtMs === null) return validate(world, batch, file);
    batch.scan = await scanUpload(world, file, batch.endpoint);
  }
  batch.outcomes = new Uint8Array(batch.scan.index.length);
}

function end(world: World, fact: EndFact): void {
  const batch = world.batches.get(fact.id);
  if (batch === undefined) return;
  batch.outcomes = unpackOutcomes(fact.outcomes);
  batch.executed = fact.executed;
  batch.admitted = true;
  for (let at = 0; at < fact.executed; at++) recordRun(world.ledger, batch, at, batch.outcomes[at] ?? 0);
  finishBatch(world, batch, fact);
}

/** The bytes of what is forgotten, and of uploads and requests that a kill cut off. */
function removeOthers({ dataDir, batches }: World, uploads: ReadonlyMap<string, StoredFile>): void {
  const inputs = [...batches.values()].map(({ inputPath }) => basename(inputPath));
  const known = new Set([...inputs, ...[...uploads.keys()].map((id) => `${id}.jsonl`)]);
  for (const name of readdirSync(dataDir)) if (!known.has(name)) rmSync(join(dataDir, name), { force: true });
}
