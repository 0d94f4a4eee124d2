// Makes the dataset of a flush from deliveries. First it is recorded which ones, so that every attempt takes the same; the counts are written
// last. Only then are the deliveries deleted. So an item is in its delivery, in the dataset of one flush, or in both while that one is not sealed.

import { cancellationSignal } from '@temporalio/activity';
import type { RowId } from '../../domain/ids.ts';
import type { Sealed } from '../../domain/queue/changes.ts';
import type { Removal } from '../../domain/queue/state.ts';
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
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { type DeliveredItem, readDelivery } from './delivered-items.ts';
import { findRemembered, forgetIds, hashId, listIdsFiles, writeIds } from './item-ids.ts';
import { type QueueRef, readQueueSpec } from './queue-file.ts';

export interface SealInput extends QueueRef {
  readonly flush: number;
  readonly deliveries: readonly string[];
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
    const sealed = earlier ?? (await (await FlushSeal.begin(store, input)).seal());
    for (const name of sealed.deliveries) await store.remove(deliveryFile(output, name));
    return sealed;
  });
}

const recordTaken = (
  store: Store,
  { output, flush, deliveries, removals, isUrgent, at }: SealInput,
): Promise<TakenFlush> => createOrRead(store, takenFile(output, flush), { deliveries, removals, isUrgent, at });

class FlushSeal {
  readonly #store: Store;
  readonly #input: SealInput;
  readonly #spec: QueueSpec;
  readonly #taken: TakenFlush;
  readonly #signal = cancellationSignal();

  private constructor(store: Store, input: SealInput, spec: QueueSpec, taken: TakenFlush) {
    this.#store = store;
    this.#input = input;
    this.#spec = spec;
    this.#taken = taken;
  }

  static async begin(store: Store, input: SealInput): Promise<FlushSeal> {
    const taken = await recordTaken(store, input);
    return new FlushSeal(store, input, await readQueueSpec(store, input), taken);
  }

  async seal(): Promise<SealedFlush> {
    const { output, flush } = this.#input;
    const { deliveries, isUrgent, at } = this.#taken;
    const { hashes, removed, items } = await this.#readIds();
    const files = await listIdsFiles(this.#store, output);
    const since = at - this.#spec.rememberMs;
    const remembered = files.filter((file) => file.flush < flush && file.at >= since);
    const before = await findRemembered(this.#store, output, hashes, remembered);
    for (const hash of before) hashes.delete(hash);
    const job = hashes.size === 0 ? null : await this.#writeJob(hashes);
    await forgetIds(
      this.#store,
      output,
      files.filter((file) => file.at < since),
    );
    const duplicates = items - removed - hashes.size;
    const sealed: SealedFlush = { deliveries, isUrgent, at, items: hashes.size, duplicates, removed, job };
    await writeJson(this.#store, sealedFile(output, flush), sealed);
    return sealed;
  }

  async #readIds(): Promise<{ readonly hashes: Set<string>; readonly removed: number; readonly items: number }> {
    const hashes = new Set<string>();
    let [removed, items] = [0, 0];
    for await (const { id, isRemoved } of this.#readItems()) {
      items += 1;
      if (isRemoved) removed += 1;
      else hashes.add(hashId(id));
    }
    return { hashes, removed, items };
  }

  async #writeJob(hashes: ReadonlySet<string>): Promise<string> {
    const { output, flush } = this.#input;
    const { isUrgent, at } = this.#taken;
    const [dataset, job] = [rowsFile(output, flush), flushJobFile(output, flush)];
    await this.#writeRows(hashes, dataset);
    await writeIds(this.#store, output, { flush, at, items: hashes.size }, [...hashes]);
    const results = resultsFolder(output, flush);
    await writeJson(this.#store, job, writeFlushJob(this.#spec, { dataset, output: results, isUrgent }));
    return job;
  }

  /** The first item of each id is kept. */
  async #writeRows(hashes: ReadonlySet<string>, uri: string): Promise<void> {
    const left = new Set(hashes);
    const writer = lineWriter(await this.#store.create(uri, { signal: this.#signal }));
    try {
      for await (const { id, isRemoved, line } of this.#readItems()) {
        if (!isRemoved && left.delete(hashId(id))) await writer.write(line);
      }
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  async *#readItems(): AsyncGenerator<DeliveredItem & { readonly isRemoved: boolean }> {
    const { deliveries, removals } = this.#taken;
    for (const name of deliveries) {
      const removed = new Set<RowId>(removals.filter((each) => each.deliveries.includes(name)).map(({ id }) => id));
      for await (const item of readDelivery(this.#store, this.#spec, name, this.#signal)) {
        yield { ...item, isRemoved: removed.has(item.id) };
      }
    }
  }
}
