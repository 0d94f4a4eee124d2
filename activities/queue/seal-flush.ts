// Makes the dataset of a flush from deliveries. First it is recorded which ones, so that every attempt takes the same; the counts are written
// last. Only then are the deliveries deleted. So an item is in its delivery, in the dataset of one flush, or in both while that one is not sealed.
// An attempt that was given up may still run, and finds deliveries gone: it replaces neither the dataset nor the counts.

import { cancellationSignal } from '@temporalio/activity';
import type { Sealed } from '../../domain/queue/changes.ts';
import { takeFirst } from '../../domain/queue/choose-flush.ts';
import { type Delivery, parseDelivery } from '../../domain/queue/delivery.ts';
import type { FlushPolicy, Removal } from '../../domain/queue/state.ts';
import { type QueueSpec, writeFlushJob } from '../../input/queue/resolve.ts';
import { createOrRead, readOwnIfThere } from '../../job-folder/job-file.ts';
import {
  deliveryFile,
  flushJobFile,
  resultsFolder,
  rowsFile,
  sealedFile,
  takenFile,
} from '../../queue-folder/paths.ts';
import { lineWriter, writeJson } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { type DeliveredItem, idReader, readDeliveries } from './delivered-items.ts';
import { dropRemembered, forgetIds, hashId, listIdsFiles, writeIds } from './item-ids.ts';
import { listAllDeliveries } from './list-deliveries.ts';
import { type QueueRef, readQueueSpec } from './queue-file.ts';

export interface SealInput extends QueueRef {
  readonly flush: number;
  readonly deliveries: readonly string[];
  /** More of them are in the store: the flush takes the oldest ones, up to this. Absent or null: these are all. */
  readonly most?: Pick<FlushPolicy, 'items' | 'bytes'> | null;
  readonly removals: readonly Removal[];
  readonly isUrgent: boolean;
  readonly at: number;
}

/** What is recorded before anything else: a later attempt, or a queue that was reset, does the same again. */
type TakenFlush = Pick<SealInput, 'deliveries' | 'removals' | 'isUrgent' | 'at'>;

export interface SealedFlush extends Sealed, Pick<TakenFlush, 'deliveries' | 'isUrgent' | 'at'> {
  /** Null if no item is left. */
  readonly job: string | null;
}

export function sealFlush(deps: ActivityDeps, input: SealInput): Promise<SealedFlush> {
  return heartbeating(deps.timing, async () => {
    const { store } = deps;
    const { output, flush } = input;
    const earlier = await readOwnIfThere<SealedFlush>(store, sealedFile(output, flush));
    const sealed = earlier ?? (await (await FlushSeal.begin(deps, input)).seal());
    for (let from = 0; from < sealed.deliveries.length; from += removedAtATime) {
      const names = sealed.deliveries.slice(from, from + removedAtATime);
      await Promise.all(names.map((name) => store.remove(deliveryFile(output, name))));
    }
    return sealed;
  });
}

const removedAtATime = 32;

async function recordTaken(store: Store, input: SealInput): Promise<TakenFlush> {
  const { output, flush, removals, isUrgent, at, most = null } = input;
  const deliveries = most === null ? input.deliveries : await takeMore(store, input, most);
  return createOrRead(store, takenFile(output, flush), { deliveries, removals, isUrgent, at });
}

async function takeMore(
  store: Store,
  { output, deliveries, isUrgent }: SealInput,
  most: NonNullable<SealInput['most']>,
): Promise<readonly string[]> {
  const known = new Set(deliveries);
  const all = await listAllDeliveries(store, output);
  const others = all.filter((each) => !known.has(each.name) && (each.isUrgent || !isUrgent));
  return takeFirst([...parseDeliveries(deliveries), ...others], most).map(({ name }) => name);
}

const parseDeliveries = (names: readonly string[]): readonly Delivery[] =>
  names.map(parseDelivery).filter((each) => each !== null);

/** An item may be accepted some time before its delivery is in the store. */
const lateDeliveryMs = 3_600_000;

class FlushSeal {
  readonly #store: Store;
  readonly #input: SealInput;
  readonly #spec: QueueSpec;
  readonly #taken: TakenFlush;
  readonly #readId: ReturnType<typeof idReader>;
  readonly #signal = cancellationSignal();

  private constructor(deps: ActivityDeps, input: SealInput, spec: QueueSpec, taken: TakenFlush) {
    this.#store = deps.store;
    this.#input = input;
    this.#spec = spec;
    this.#taken = taken;
    this.#readId = idReader(deps, spec);
  }

  static async begin(deps: ActivityDeps, input: SealInput): Promise<FlushSeal> {
    const taken = await recordTaken(deps.store, input);
    return new FlushSeal(deps, input, await readQueueSpec(deps.store, input), taken);
  }

  async seal(): Promise<SealedFlush> {
    const { output, flush } = this.#input;
    const { deliveries, isUrgent, at } = this.#taken;
    const [waiting] = await listAllDeliveries(this.#store, output);
    const { cameAt, removed, items } = await this.#readIds();
    const files = await listIdsFiles(this.#store, output);
    const before = files.filter((file) => file.flush < flush);
    await dropRemembered(this.#store, output, cameAt, before, this.#spec.rememberMs);
    const job = cameAt.size === 0 ? null : await this.#writeJob(cameAt);
    const oldest = Math.min(at, waiting?.at ?? at, ...parseDeliveries(deliveries).map((each) => each.at));
    const since = oldest - this.#spec.rememberMs - lateDeliveryMs;
    await forgetIds(
      this.#store,
      output,
      before.filter((file) => file.at < since),
    );
    const duplicates = items - removed - cameAt.size;
    const sealed: SealedFlush = { deliveries, isUrgent, at, items: cameAt.size, duplicates, removed, job };
    return createOrRead(this.#store, sealedFile(output, flush), sealed);
  }

  /** When the items came, by the hashes of their ids. The first item of each id counts. */
  async #readIds() {
    const cameAt = new Map<string, number>();
    let [removed, items] = [0, 0];
    for await (const { id, isRemoved, delivery } of this.#readItems()) {
      items += 1;
      const hash = hashId(id);
      if (isRemoved) removed += 1;
      else if (!cameAt.has(hash)) cameAt.set(hash, delivery.at);
    }
    return { cameAt, removed, items };
  }

  async #writeJob(hashes: ReadonlyMap<string, number>): Promise<string> {
    const { output, flush } = this.#input;
    const { isUrgent, at } = this.#taken;
    const [dataset, job] = [rowsFile(output, flush), flushJobFile(output, flush)];
    await this.#writeRows(hashes, dataset);
    await writeIds(this.#store, output, { flush, at, items: hashes.size }, [...hashes.keys()]);
    const results = resultsFolder(output, flush);
    await writeJson(this.#store, job, writeFlushJob(this.#spec, { dataset, output: results, isUrgent }));
    return job;
  }

  /** The first item of each id is kept. What is there already is whole: a delivery may be gone by now. */
  async #writeRows(hashes: ReadonlyMap<string, number>, uri: string): Promise<void> {
    if ((await this.#store.head(uri, this.#signal)) !== null) return;
    const left = new Set(hashes.keys());
    try {
      const writer = lineWriter(await this.#store.create(uri, { signal: this.#signal, ifAbsent: true }));
      try {
        for await (const { id, isRemoved, line } of this.#readItems()) {
          if (!isRemoved && left.delete(hashId(id))) await writer.write(line);
        }
        await writer.close();
      } catch (error) {
        await writer.abort();
        throw error;
      }
    } catch (error) {
      if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
    }
  }

  async *#readItems(): AsyncGenerator<DeliveredItem & { readonly isRemoved: boolean }> {
    const { deliveries, removals } = this.#taken;
    const removalsOf = Map.groupBy(removals, ({ id }) => id);
    const taken = parseDeliveries(deliveries);
    for await (const item of readDeliveries(this.#store, this.#input.output, taken, this.#readId)) {
      const isRemoved = removalsOf.get(item.id)?.some((each) => each.deliveries.includes(item.delivery.name)) === true;
      yield { ...item, isRemoved };
    }
  }
}
