// Jobs whose rows come from a bucket when they are created, and go to a bucket when somebody first asks for a job after its end.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type LineWriter, resultChunks } from '../answers/results.ts';
import type { Call } from '../server/call.ts';
import type { Json } from '../server/json.ts';
import { type Batch, batchMoment, type Scan } from '../world/batch.ts';
import { createBatch } from '../world/create-batch.ts';
import { settle } from '../world/settle.ts';
import { hasEnded, isGrowing, isShown } from '../world/visibility.ts';
import { newId, type World } from '../world/world.ts';
import { fetchObject } from './objects.ts';

interface Given {
  inputUri: string;
  endpoint: string;
  metadata: Json;
  scan: (path: string) => Promise<Scan>;
  /** Throws if the account has no room for it. */
  admit: (scan: Scan) => void;
}

export async function createJob(world: World, call: Call, given: Given): Promise<Batch> {
  const { inputUri, endpoint, metadata } = given;
  const inputPath = join(world.dataDir, `${newId(world, 'rows-')}.jsonl`);
  try {
    await fetchObject(world, inputUri, inputPath);
    const scan = await given.scan(inputPath);
    await settle(world);
    given.admit(scan);
    const resultsTtlMs = Number.POSITIVE_INFINITY;
    const batch = createBatch(world, call, { endpoint, metadata, inputFileId: '', inputPath, resultsTtlMs });
    batch.scan = scan;
    batch.outcomes = new Uint8Array(scan.index.length);
    batch.validatedAtMs = batch.createdAtMs + batch.options.validateMs;
    world.facts.record({ kind: 'validated', id: batch.id, atMs: batch.validatedAtMs });
    call.mentions.push((text) => scan.index.includesId(text));
    return batch;
  } catch (error) {
    rmSync(inputPath, { force: true });
    throw error;
  }
}

/** A failed job leaves nothing, another one what it answered. */
export function hasOutput(world: World, batch: Batch): boolean {
  const { phase } = batchMoment(batch, world.options.current, world.settledAtMs);
  return (
    hasEnded(world, batch) && phase !== 'failed' && batch.executed > 0 && isShown(batch, 'output', world.settledAtMs)
  );
}

/** The rows to write now, and whether they are all; null if there is nothing to write. */
export function takeOutput(world: World, batch: Batch, write: LineWriter): { rows: Buffer; whole: boolean } | null {
  if (batch.outputWritten || !hasOutput(world, batch)) return null;
  if (batch.downloadsRefused < (batch.fault.outputNotFoundFor ?? 0)) {
    batch.downloadsRefused += 1;
    return null;
  }
  const whole = !isGrowing(batch, world.settledAtMs);
  batch.outputWritten = whole;
  return { rows: Buffer.concat([...resultChunks(batch, write, whole ? 'all' : 'first half')]), whole };
}
