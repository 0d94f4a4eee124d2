// The entries of a vendor's batch list: own batches once they are visible, among batches of other people.

import type { Call } from '../server/call.ts';
import type { Vendor } from '../server/routes.ts';
import { type Batch, batchIdPrefixes } from './batch.ts';
import { foreignBatches } from './foreign.ts';
import { isVanished } from './visibility.ts';
import type { Foreign, World } from './world.ts';

interface Own extends Pick<Batch, 'id' | 'createdAtMs'> {
  kind: 'own';
  batch: Batch;
}

/** An entry of a shape that no client expects. */
interface Odd extends Pick<Batch, 'id' | 'createdAtMs'> {
  kind: 'odd';
  foreign: Foreign;
}

export type Listed = Own | Foreign | Odd;

const yearMs = 365 * 86_400_000;

export function listedBatches(world: World, call: Call): Listed[] {
  const { tenant, route } = call;
  const { order, visibleAfterMs, odd, oddAt } = world.options.current.list;
  const nowMs = world.clock.now();
  const own = [...world.batches.values()]
    .filter((batch) => batch.vendor === route.vendor && batch.tenant === tenant && !batch.deleted)
    .filter((batch) => batch.createdAtMs + visibleAfterMs <= nowMs && !isVanished(world, batch))
    .map((batch): Listed => ({ kind: 'own', batch, id: batch.id, createdAtMs: batch.createdAtMs }))
    .reverse();
  const newestFirst = [...own, ...foreignBatches(world, call)].sort((a, b) => b.createdAtMs - a.createdAtMs);
  const listed = order === 'newest' ? newestFirst : newestFirst.reverse();
  return odd === undefined ? listed : listed.toSpliced(oddAt, 0, oddEntry(world, route.vendor, nowMs));
}

function oddEntry({ options }: World, vendor: Vendor, nowMs: number): Odd {
  const { odd, foreignItems } = options.current.list;
  const awayMs = odd === 'farPast' ? -10 * yearMs : odd === 'farFuture' ? 10 * yearMs : 0;
  const id = `${batchIdPrefixes[vendor]}odd`;
  const createdAtMs = nowMs + awayMs;
  const shape = { number: 0, items: foreignItems, endedAtMs: null, cancelled: false };
  return { kind: 'odd', id, createdAtMs, foreign: { kind: 'foreign', id, createdAtMs, ...shape } };
}

/** The odd entry on the wire, made from the object of a good one. */
export function spoilEntry<T extends { created_at: unknown }>({ options }: World, good: T): object | null {
  const { odd } = options.current.list;
  if (odd === 'notObject') return null;
  if (odd !== 'noCreatedAt') return good;
  const { created_at: _left, ...rest } = good;
  return rest;
}
