// The two files of one planned batch, requests and items: written line by line, and visible only when complete.

import { type BatchRef, batchIdentity } from '../../domain/ids.ts';
import { type MaybePromise, whenBoth } from '../../domain/maybe-promise.ts';
import { costOfSum, type ModelPrice, roundKnown } from '../../domain/money/cost.ts';
import type { Lane } from '../../domain/outcome/outcome.ts';
import { noUsage } from '../../domain/outcome/usage.ts';
import type { Estimate } from '../../domain/plan/batch-estimate.ts';
import type { ItemEstimate } from '../../domain/plan/item-estimate.ts';
import type { Caps, RealtimeCause } from '../../domain/plan/split.ts';
import { type LineWriter, lineWriter, type Written } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { hashHex } from '../identity.ts';
import { itemsFile, requestsFile } from '../paths.ts';
import type { ManifestEntry } from './manifest.ts';

/** An item that a planner puts into a batch. */
export interface PlannedItem extends ItemEstimate {
  readonly row: number;
  readonly model: string;
  readonly endpoint: string;
  /** Null: the number of items decides the lane. */
  readonly realtimeCause: RealtimeCause | null;
  /** The bytes of its line of the requests file, with the newline. */
  readonly bytes: number;
  /** Both write one line under a custom id with this prefix. They return a promise only if it must be awaited before the next call. */
  writeRequest(prefix: string, into: LineWriter): MaybePromise<void>;
  writeItem(prefix: string, into: LineWriter): MaybePromise<void>;
}

export interface BatchFilesOptions {
  readonly store: Store;
  /** By which a strict budget reserves. */
  readonly mostPrice: ModelPrice | undefined;
  readonly nonce: string;
  readonly model: string;
  readonly endpoint: string;
  /** Null: the number of its items decides the lane. */
  readonly realtimeCause: RealtimeCause | null;
  readonly caps: Caps;
  readonly signal: AbortSignal | undefined;
}

export async function openBatchFiles(ref: BatchRef, options: BatchFilesOptions): Promise<BatchFiles> {
  const { store, signal } = options;
  const requests = lineWriter(await store.create(requestsFile(ref), { signal }));
  try {
    return new BatchFiles(ref, options, requests, lineWriter(await store.create(itemsFile(ref), { signal })));
  } catch (error) {
    await requests.abort();
    throw error;
  }
}

export class BatchFiles {
  readonly #ref: BatchRef;
  readonly #requests: LineWriter;
  readonly #items: LineWriter;
  readonly #estimate: EstimateSum;
  readonly #rows = { first: 0, last: 0 };
  readonly model: string;
  readonly endpoint: string;
  readonly realtimeCause: RealtimeCause | null;
  readonly caps: Caps;
  /** The custom ids of its items begin with this prefix. */
  readonly prefix: string;

  constructor(ref: BatchRef, options: BatchFilesOptions, requests: LineWriter, items: LineWriter) {
    this.#ref = ref;
    this.#requests = requests;
    this.#items = items;
    this.#estimate = new EstimateSum(options.mostPrice);
    this.model = options.model;
    this.endpoint = options.endpoint;
    this.realtimeCause = options.realtimeCause;
    this.caps = options.caps;
    this.prefix = hashHex(batchIdentity(options.nonce, ref.wave, ref.batch), 8);
  }

  get items(): number {
    return this.#items.lines;
  }

  /** Bytes of the requests file. */
  get bytes(): number {
    return this.#requests.bytes;
  }

  /** Returns a promise only while a block is being written: await it before the next call. */
  write(item: PlannedItem): MaybePromise<void> {
    if (this.items === 0) this.#rows.first = item.row;
    this.#rows.last = item.row;
    this.#estimate.add(item);
    return whenBoth(item.writeRequest(this.prefix, this.#requests), item.writeItem(this.prefix, this.#items));
  }

  /** The cost of its items in a lane; null if there is no price, or an item has no limit of its output tokens. */
  usd(lane: Lane): number | null {
    return this.#estimate.usd(lane);
  }

  /** Durable when it resolves. If one file cannot be closed, both are removed. */
  async close(lane: Lane): Promise<ManifestEntry> {
    const [requests, items] = await this.#closeBoth();
    return {
      batch: this.#ref.batch,
      lane,
      model: this.model,
      endpoint: this.endpoint,
      items: items.lines,
      bytes: requests.bytes,
      firstRow: this.#rows.first,
      lastRow: this.#rows.last,
      requestsCrc32: requests.crc32,
      itemsCrc32: items.crc32,
      estimate: this.#estimate.inLane(lane),
      ...(this.realtimeCause === null ? {} : { [this.realtimeCause]: true }),
    };
  }

  async abort(): Promise<void> {
    await Promise.allSettled([this.#requests.abort(), this.#items.abort()]);
  }

  async #closeBoth(): Promise<[Written, Written]> {
    try {
      return [await this.#requests.close(), await this.#items.close()];
    } catch (error) {
      await this.abort();
      throw error;
    }
  }
}

/** Tokens of many items, and their cost in each lane: the batch takes its lane when it is closed. A sum with an unknown part is NaN. */
class EstimateSum {
  #inputTokens = 0;
  #outputTokens = 0;
  readonly #usd: Record<Lane, number>;
  readonly #mostPrice: ModelPrice | undefined;
  /** As many tokens as cost the most at the usual price: those of long prompts cost more. */
  readonly #most = { input: 0, output: 0 };

  constructor(mostPrice: ModelPrice | undefined) {
    const none = mostPrice === undefined ? Number.NaN : 0;
    this.#usd = { batch: none, realtime: none };
    this.#mostPrice = mostPrice;
  }

  add({ inputTokens, outputTokens, batchUsd, realtimeUsd }: ItemEstimate): void {
    this.#inputTokens += inputTokens;
    this.#outputTokens += outputTokens;
    this.#usd.batch += batchUsd;
    this.#usd.realtime += realtimeUsd;
    const { longContext } = this.#mostPrice ?? {};
    const long = longContext !== undefined && inputTokens > longContext.above ? longContext : null;
    this.#most.input += inputTokens * (long?.inputFactor ?? 1);
    this.#most.output += outputTokens * (long?.outputFactor ?? 1);
  }

  usd(lane: Lane): number | null {
    return roundKnown(nullIfUnknown(this.#usd[lane]));
  }

  inLane(lane: Lane): Estimate {
    const outputTokens = nullIfUnknown(this.#outputTokens);
    return { inputTokens: this.#inputTokens, outputTokens, usd: this.usd(lane), mostUsd: this.#mostUsd(lane) };
  }

  #mostUsd(lane: Lane): number | null {
    const { input, output } = this.#most;
    return costOfSum({ ...noUsage, input, output: nullIfUnknown(output) }, lane, this.#mostPrice);
  }
}

const nullIfUnknown = (sum: number): number | null => (Number.isNaN(sum) ? null : sum);
