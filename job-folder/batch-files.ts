// The two files of one planned batch, requests and items: written line by line, there whole or not at all.

import { type EncodedItem, itemUsd, type PlannedItem, roundedUsd } from '../activities/plan/item-encoder.ts';
import { type BatchRef, batchIdentity } from '../domain/ids.ts';
import type { PlannedBatch } from '../domain/job.ts';
import type { ModelPrice } from '../domain/money/cost.ts';
import type { Lane } from '../domain/outcome/outcome.ts';
import type { Caps } from '../domain/plan/split.ts';
import { type LineWriter, lineWriter, type Written } from '../storage/lines/json-lines.ts';
import type { Store } from '../storage/store.ts';
import { hashHex } from './identity.ts';
import { formatItemLine } from './item-line.ts';
import { itemsFile, requestsFile } from './paths.ts';

/** A line of the manifest. */
export interface ManifestEntry extends PlannedBatch {
  readonly firstRow: number;
  readonly lastRow: number;
  readonly itemsCrc32: string;
}

export interface BatchFilesOptions {
  readonly store: Store;
  readonly price: ModelPrice | undefined;
  readonly nonce: string;
  readonly model: string;
  readonly endpoint: string;
  /** What was asked for its items; null where their number decides. */
  readonly forcedLane: Lane | null;
  readonly caps: Caps;
  readonly signal: AbortSignal | undefined;
}

export interface BatchFiles extends Pick<BatchFilesOptions, 'model' | 'endpoint' | 'forcedLane' | 'caps' | 'price'> {
  readonly batch: number;
  /** Begins the custom ids of its items. */
  readonly prefix: string;
  readonly items: number;
  readonly bytes: number;
  /** A promise only where a block is being written: await it where there is one. */
  write(item: PlannedItem, encoded: EncodedItem): undefined | Promise<void>;
  /** What its items cost in a lane; null where there is no price. */
  usd(lane: Lane): number | null;
  close(lane: Lane): Promise<ManifestEntry>;
  abort(): Promise<void>;
}

export async function openBatchFiles(ref: BatchRef, options: BatchFilesOptions): Promise<BatchFiles> {
  const { model, endpoint, forcedLane, caps, price } = options;
  const [requests, items] = await openBoth(ref, options);
  const sums = { input: 0, output: 0, batch: 0, realtime: 0 };
  let firstRow = 0;
  let lastRow = 0;
  const usd = (lane: Lane): number | null => (price === undefined ? null : roundedUsd(sums[lane]));

  return {
    model,
    endpoint,
    forcedLane,
    caps,
    price,
    usd,
    batch: ref.batch,
    prefix: hashHex(batchIdentity(options.nonce, ref.wave, ref.batch), 8),
    get items() {
      return items.lines;
    },
    get bytes() {
      return requests.bytes;
    },
    write(item, encoded) {
      if (items.lines === 0) firstRow = item.row;
      lastRow = item.row;
      sums.input += encoded.inputTokens;
      sums.output += encoded.outputTokens;
      if (price !== undefined) {
        sums.batch += itemUsd(encoded, 'batch', price) ?? 0;
        sums.realtime += itemUsd(encoded, 'realtime', price) ?? 0;
      }
      return both(requests.write(encoded.line), items.write(formatItemLine(item, encoded.customId)));
    },
    async close(lane) {
      const [{ bytes, crc32 }, listed] = await closeBoth(requests, items);
      return {
        batch: ref.batch,
        lane,
        model,
        endpoint,
        items: listed.lines,
        bytes,
        firstRow,
        lastRow,
        requestsCrc32: crc32,
        itemsCrc32: listed.crc32,
        estimate: { inputTokens: sums.input, outputTokens: sums.output, usd: usd(lane) },
      };
    },
    async abort() {
      await Promise.allSettled([requests.abort(), items.abort()]);
    },
  };
}

async function openBoth(ref: BatchRef, { store, signal }: BatchFilesOptions): Promise<[LineWriter, LineWriter]> {
  const requests = lineWriter(await store.create(requestsFile(ref), { signal }));
  try {
    return [requests, lineWriter(await store.create(itemsFile(ref), { signal }))];
  } catch (error) {
    await requests.abort();
    throw error;
  }
}

async function closeBoth(requests: LineWriter, items: LineWriter): Promise<[Written, Written]> {
  try {
    return [await requests.close(), await items.close()];
  } catch (error) {
    await Promise.allSettled([requests.abort(), items.abort()]);
    throw error;
  }
}

function both(first: void | Promise<void>, second: void | Promise<void>): undefined | Promise<void> {
  if (first instanceof Promise && second instanceof Promise) return Promise.all([first, second]).then(() => undefined);
  return first instanceof Promise ? first : second instanceof Promise ? second : undefined;
}
