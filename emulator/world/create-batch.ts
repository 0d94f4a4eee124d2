// Makes the record of a new batch.

import { basename } from 'node:path';
import { faultFor } from '../faults/batch-faults.ts';
import type { Call } from '../server/call.ts';
import type { BatchFact } from '../state/facts.ts';
import { type Batch, batchIdPrefixes } from './batch.ts';
import { newId, nextOrdinal, type World } from './world.ts';

type Given = Pick<Batch, 'endpoint' | 'inputFileId' | 'inputPath' | 'metadata' | 'resultsTtlMs'>;
type Made = Omit<BatchFact, 'kind' | 'input'> & Pick<Batch, 'inputPath'>;

export function createBatch(world: World, call: Call, given: Given): Batch {
  const { vendor } = call.route;
  const made: Made = {
    ...given,
    id: newId(world, batchIdPrefixes[vendor]),
    vendor,
    tenant: call.tenant,
    ordinal: nextOrdinal(world),
    createdAtMs: world.clock.now(),
    options: world.options.current,
  };
  const { inputPath, ...fact } = made;
  world.facts.record({ kind: 'batch', ...fact, input: basename(inputPath) });
  const batch = addBatch(world, made);
  call.entry.batch = batch.id;
  call.mentions.push((text) => batch.id.includes(text));
  return batch;
}

/** Adds a batch of which nothing has run yet. */
export function addBatch(world: World, made: Made): Batch {
  const batch: Batch = {
    ...made,
    fault: faultFor(made.options, made.ordinal),
    scan: null,
    scanning: Promise.resolve(),
    validatedAtMs: null,
    admitted: false,
    problems: [],
    cancelRequestedAtMs: null,
    outcomes: new Uint8Array(0),
    executed: 0,
    succeeded: 0,
    failed: 0,
    billedWithoutLine: 0,
    billedWithoutId: 0,
    final: null,
    outputFileId: null,
    errorFileId: null,
    usage: null,
    downloadsRefused: 0,
    outputWritten: false,
    deleted: false,
  };
  world.batches.set(batch.id, batch);
  world.active.add(batch);
  return batch;
}
