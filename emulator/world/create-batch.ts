// Makes the record of a new batch.

import { faultFor } from '../faults/batch-faults.ts';
import type { Call } from '../server/call.ts';
import type { Batch } from './batch.ts';
import { newId, type World } from './world.ts';

type Given = Pick<Batch, 'endpoint' | 'inputFileId' | 'inputPath' | 'metadata' | 'resultsTtlMs'>;

export function createBatch(world: World, call: Call, given: Given): Batch {
  const { vendor } = call.route;
  const ordinal = world.batches.size + 1;
  const options = world.options.current;
  const batch: Batch = {
    ...given,
    id: newId(world, vendor === 'openai' ? 'batch_' : 'msgbatch_'),
    vendor,
    tenant: call.tenant,
    ordinal,
    createdAtMs: world.clock.now(),
    options,
    fault: faultFor(options, ordinal),
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
    deleted: false,
  };
  world.batches.set(batch.id, batch);
  world.active.add(batch);
  call.entry.batch = batch.id;
  call.mentions.push((text) => batch.id.includes(text));
  return batch;
}
