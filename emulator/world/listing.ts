// A vendor's batch list: own batches once they are visible, among batches of other people.

import type { Call } from '../server/call.ts';
import type { Vendor } from '../server/routes.ts';
import { type Batch, itemCount } from './batch.ts';
import { hashParts, hex16 } from './hash.ts';
import type { Foreign, World } from './world.ts';

interface Own extends Pick<Batch, 'id' | 'createdAtMs'> {
  kind: 'own';
  batch: Batch;
}

export type Listed = Own | Foreign;

export function listedBatches(world: World, { tenant, route }: Call): Listed[] {
  const { order, visibleAfterMs } = world.options.current.list;
  const nowMs = world.clock.now();
  const own = [...world.batches.values()]
    .filter((batch) => batch.vendor === route.vendor && batch.tenant === tenant && !batch.deleted)
    .filter(({ createdAtMs }) => createdAtMs + visibleAfterMs <= nowMs)
    .map((batch): Listed => ({ kind: 'own', batch, id: batch.id, createdAtMs: batch.createdAtMs }))
    .reverse();
  const newestFirst = [...own, ...foreignBatches(world, route.vendor)].sort((a, b) => b.createdAtMs - a.createdAtMs);
  return order === 'newest' ? newestFirst : newestFirst.reverse();
}

export function findForeign(world: World, vendor: Vendor, id: string): Foreign | undefined {
  return foreignBatches(world, vendor).find((foreign) => foreign.id === id);
}

/** Spread evenly over the time before the option was set, so that they lie between and above the own ones. */
function foreignBatches(world: World, vendor: Vendor): Foreign[] {
  const { foreign, foreignSpreadMs } = world.options.current.list;
  if (foreign === 0) return [];
  const kept = world.foreign.get(vendor);
  if (kept !== undefined) return kept;
  const prefix = vendor === 'openai' ? 'batch_' : 'msgbatch_';
  const newestMs = world.clock.now();
  const made = Array.from({ length: foreign }, (_, number): Foreign => {
    const id = `${prefix}${hex16(hashParts(world.options.current.seed, 'foreign', number))}`;
    return { kind: 'foreign', id, createdAtMs: newestMs - Math.floor((number * foreignSpreadMs) / foreign), number };
  });
  world.foreign.set(vendor, made);
  return made;
}

/** Items accepted and not yet processed, which the vendors' queue limits count. */
export function queuedItems(world: World, vendor: Vendor, tenant: string): number {
  return [...world.active]
    .filter((batch) => batch.vendor === vendor && batch.tenant === tenant)
    .reduce((sum, batch) => sum + itemCount(batch) - batch.executed, 0);
}
