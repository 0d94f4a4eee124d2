// Batches of other people in the same workspace: earlier ones, and those that start after each own batch and look like it. They are computed
// from the clock, cost nothing and have no requests.
import type { Item } from '../answers/answer.ts';
import { outcomes } from '../answers/outcome.ts';
import type { Call } from '../server/call.ts';
import type { Vendor } from '../server/routes.ts';
import { type Batch, batchIdPrefixes, itemCount } from './batch.ts';
import { seconds } from './clock.ts';
import { hashParts, hex16 } from './hash.ts';
import type { Foreign, World } from './world.ts';

export function foreignBatches(world: World, call: Call): Foreign[] {
  const all = [...earlyBatches(world, call.route.vendor), ...laterBatches(world, call)];
  return all.map((foreign) => {
    const cancelledAtMs = world.foreignCancels.get(foreign.id);
    return cancelledAtMs === undefined ? foreign : { ...foreign, endedAtMs: cancelledAtMs, cancelled: true };
  });
}

export function findForeign(world: World, call: Call, id: string): Foreign | undefined {
  return world.batches.has(id) ? undefined : foreignBatches(world, call).find((foreign) => foreign.id === id);
}

/** In a common workspace one key may cancel the batches of another; the counts name them. */
export function cancelForeign(world: World, call: Call): Foreign | undefined {
  const foreign = findForeign(world, call, call.id);
  if (foreign?.endedAtMs === null) world.foreignCancels.set(call.id, world.settledAtMs);
  return foreign === undefined ? undefined : findForeign(world, call, call.id);
}

/** Spread evenly over the time before the option was set, so that they are between and above the own ones. */
function earlyBatches(world: World, vendor: Vendor): Foreign[] {
  const { foreign, foreignItems, foreignSpreadMs } = world.options.current.list;
  if (foreign === 0) return [];
  const kept = world.foreign.get(vendor);
  if (kept !== undefined) return kept;
  const newestMs = world.clock.now();
  const made = Array.from({ length: foreign }, (_, number): Foreign => {
    const id = `${batchIdPrefixes[vendor]}${hex16(hashParts(world.options.current.seed, 'foreign', number))}`;
    const createdAtMs = newestMs - Math.floor((number * foreignSpreadMs) / foreign);
    return { kind: 'foreign', id, createdAtMs, number, items: foreignItems, endedAtMs: null, cancelled: false };
  });
  world.foreign.set(vendor, made);
  return made;
}

function laterBatches(world: World, { route, tenant }: Call): Foreign[] {
  const { foreignLater } = world.options.current.list;
  if (foreignLater === undefined) return [];
  return [...world.batches.values()]
    .filter((batch) => batch.vendor === route.vendor && batch.tenant === tenant)
    .flatMap((batch) => Array.from({ length: foreignLater.count }, (_, number) => followBatch(world, batch, number)))
    .filter(({ createdAtMs }) => createdAtMs <= world.clock.now());
}

/** The batch that somebody else starts a multiple of `afterMs` after an own one, with as many items. */
function followBatch(world: World, batch: Batch, number: number): Foreign {
  const { list, seed } = world.options.current;
  const { afterMs = 0, items = itemCount(batch), runMs = 0 } = list.foreignLater ?? {};
  const id = `${batchIdPrefixes[batch.vendor]}${hex16(hashParts(seed, 'later', batch.ordinal, number))}`;
  const createdAtMs = batch.createdAtMs + (number + 1) * afterMs;
  const endsAtMs = createdAtMs + runMs;
  const endedAtMs = endsAtMs <= world.clock.now() ? endsAtMs : null;
  return { kind: 'foreign', id, createdAtMs, number, items, endedAtMs, cancelled: false };
}

/** One line for each item, under custom ids that no client here has used. */
export function* foreignChunks(
  { id, items, createdAtMs }: Foreign,
  write: (item: Item, customId: string) => string,
): Generator<Buffer> {
  const plain = {
    model: '',
    tokens: 10,
    cachedTokens: 0,
    cacheLife: 'none',
    cacheWrite: false,
    wantsSchema: false,
  } as const;
  const fixed = { ...plain, createdS: seconds(createdAtMs), outcome: outcomes.answered, inBatch: true };
  for (let at = 0; at < items; at++) {
    const item = { ...fixed, hash: hashParts(0, id, at), body: () => ({}) };
    yield Buffer.from(`${write(item, `other-${id.slice(-8)}-${at}`)}\n`, 'utf8');
  }
}

export function foreignBytes(chunks: Iterable<Uint8Array>): number {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  return bytes;
}
