// Makes the record of a new batch and holds the vendors' limit on how many may be created in an hour.

import { faultFor } from '../faults/batch-faults.ts';
import type { Call } from '../server/call.ts';
import { refuse } from '../server/reply.ts';
import type { Batch } from './batch.ts';
import { newId, type World } from './world.ts';

const hourMs = 3_600_000;

type Given = Pick<Batch, 'endpoint' | 'inputFileId' | 'inputPath' | 'metadata' | 'resultsTtlMs'>;

export function countCreate(world: World, { tenant, route }: Call): void {
  const key = `${route.vendor}/${tenant}`;
  const nowMs = world.clock.now();
  const recent = (world.createTimes.get(key) ?? []).filter((at) => at > nowMs - hourMs);
  if (recent.length >= world.options.current.createsPerHour) {
    const code = route.vendor === 'openai' ? { code: 'rate_limit_exceeded' } : {};
    throw refuse(429, 'Too many batches were created within an hour. Please try again later.', code);
  }
  world.createTimes.set(key, [...recent, nowMs]);
}

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
