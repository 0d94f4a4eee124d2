// Cuts a wave's items into batches as they come, in row order, and writes the manifest last: only that makes the plan exist.

import type { JobFile, PlanSummary, RowCounts, WaveKind } from '../../domain/job.ts';
import { batchesPerWaveMax, modelsMax, openBatchesMax } from '../../domain/limits.ts';
import { findPrice } from '../../domain/money/cost.ts';
import type { Lane } from '../../domain/outcome/outcome.ts';
import { chooseLane, computeCaps, hasRoom, isFull, splitRules } from '../../domain/plan/split.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { type BatchFiles, type ManifestEntry, openBatchFiles } from '../../job-folder/batch-files.ts';
import { writeManifest } from '../../job-folder/manifest.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Store } from '../../storage/store.ts';
import {
  createItemEncoder,
  type EncodedItem,
  itemUsd,
  noPrefix,
  type PlannedItem,
  roundedUsd,
} from './item-encoder.ts';

export type { ManifestEntry } from '../../job-folder/batch-files.ts';
export type { PlannedItem } from './item-encoder.ts';

export interface WavePlannerOptions {
  readonly store: Store;
  readonly provider: Provider;
  readonly job: JobFile;
  readonly output: string;
  readonly wave: number;
  readonly kind?: WaveKind | undefined;
  /** Items that would take the wave's estimate beyond this, or have no known price, are `over_budget`. */
  readonly maxUsd?: number | null | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What an earlier planner of this wave closed while nothing was left open: numbering goes on after it. */
  readonly closed?: readonly ManifestEntry[] | undefined;
}

/** What became of an item that was offered. Anything but `taken` has left no trace. */
export type Added = 'taken' | 'too_large' | 'too_many_models' | 'over_budget';

export interface WavePlanner {
  /** In row order. A promise only where a file is opened, closed or waited for: await it before the next. */
  add(item: PlannedItem): Added | Promise<Added>;
  /** How many batches are being written. */
  readonly open: number;
  /** Batches that are whole, in the order they were closed in: all of them once `settled`. */
  readonly closed: readonly ManifestEntry[];
  settled(): Promise<void>;
  /** Closes what is open but makes no plan yet. */
  closeAll(): Promise<void>;
  /** Closes what is open and writes the manifest; `rows` where the wave has rows. */
  finish(rows?: RowCounts): Promise<PlanSummary>;
  /** Leaves nothing of what is open. */
  abort(): Promise<void>;
}

interface OpenBatch {
  readonly name: string;
  readonly files: BatchFiles;
  usedAt: number;
}

export function createWavePlanner(options: WavePlannerOptions): WavePlanner {
  const { store, provider, job, output, wave } = options;
  const rules = splitRules(job.spec, provider.limits);
  const encoder = createItemEncoder(provider);
  const maxUsd = options.maxUsd ?? null;
  const closed = [...(options.closed ?? [])];
  const models = new Set(closed.map(({ model, endpoint }) => nameGroup(model, endpoint, null)));
  const open = new Map<string, OpenBatch>();
  let current: OpenBatch | undefined;
  let closedUsd = closed.reduce((sum, { estimate }) => sum + (estimate.usd ?? 0), 0);
  let opened = closed.length;
  let uses = 0;
  let closing: Promise<void> = Promise.resolve();

  const findOpen = (item: PlannedItem): OpenBatch | undefined => {
    const lane = item.lane ?? null;
    const files = current?.files;
    if (files?.model === item.model && files.endpoint === item.endpoint && files.forcedLane === lane) return current;
    return open.get(nameGroup(item.model, item.endpoint, lane));
  };

  const write = (batch: OpenBatch, item: PlannedItem, encoded: EncodedItem): Added | Promise<Added> => {
    current = batch;
    batch.usedAt = ++uses;
    const waits = batch.files.write(item, encoded);
    if (isFull(batch.files, encoded.bytes)) return closeAfter(waits, batch);
    return waits === undefined ? 'taken' : waits.then(() => 'taken');
  };

  const closeAfter = async (waits: undefined | Promise<void>, batch: OpenBatch): Promise<Added> => {
    await waits;
    await close(batch);
    return 'taken';
  };

  /** The next batch is written while this one becomes durable; one at a time. */
  const close = async ({ name, files }: OpenBatch): Promise<void> => {
    await closing;
    const lane = chooseLane(rules, files.items, files.forcedLane);
    open.delete(name);
    if (current?.files === files) current = undefined;
    closedUsd += files.usd(lane) ?? 0;
    closing = files.close(lane).then((entry) => {
      closed.push(entry);
    });
    closing.catch(() => undefined); // Heard by whoever awaits the next one, or the end.
  };

  const writeToNew = async (full: OpenBatch | undefined, item: PlannedItem): Promise<Added> => {
    if (full !== undefined) await close(full);
    const batch = await openFor(item);
    return write(batch, item, encoder.encode(item, batch.files.prefix));
  };

  const openFor = async (item: PlannedItem): Promise<OpenBatch> => {
    const { model, endpoint } = item;
    if (open.size >= openBatchesMax) await close(leastRecentlyUsed([...open.values()]));
    if (opened >= batchesPerWaveMax) throw tooManyBatches();
    opened += 1;
    const forcedLane = item.lane ?? null;
    const [price, caps] = [findPrice(model, job.prices), computeCaps(rules, opened)];
    const files = await openBatchFiles(
      { output, wave, batch: opened },
      { store, price, nonce: job.claim.nonce, model, endpoint, forcedLane, caps, signal: options.signal },
    );
    const batch = { name: nameGroup(model, endpoint, forcedLane), files, usedAt: uses };
    open.set(batch.name, batch);
    models.add(nameGroup(model, endpoint, null));
    return batch;
  };

  /** What the wave would cost with one item more, each open batch in the lane that it would take now; NaN where that is unknown. */
  const usdWith = (item: PlannedItem, encoded: EncodedItem, batch: OpenBatch | undefined): number => {
    const lane = chooseLane(rules, (batch?.files.items ?? 0) + 1, item.lane ?? null);
    const more = itemUsd(encoded, lane, findPrice(item.model, job.prices)) ?? Number.NaN;
    let usd = closedUsd + more + (batch?.files.usd(lane) ?? 0);
    for (const { files } of open.values()) {
      if (files !== batch?.files) usd += files.usd(chooseLane(rules, files.items, files.forcedLane)) ?? 0;
    }
    return roundedUsd(usd);
  };

  const closeAll = async (): Promise<void> => {
    for (const batch of open.values()) await close(batch);
    await closing;
  };

  return {
    get open() {
      return open.size;
    },
    closed,
    settled: () => closing,
    closeAll,
    add(item) {
      const batch = findOpen(item);
      const encoded = encoder.encode(item, batch?.files.prefix ?? noPrefix);
      if (encoded.bytes > rules.bytesMax) return 'too_large';
      if (batch === undefined && models.size >= modelsMax && !models.has(nameGroup(item.model, item.endpoint, null))) {
        return 'too_many_models';
      }
      const fits = batch !== undefined && hasRoom(batch.files, encoded.bytes);
      if (maxUsd !== null && !(usdWith(item, encoded, fits ? batch : undefined) <= maxUsd)) return 'over_budget';
      return fits ? write(batch, item, encoded) : writeToNew(batch, item);
    },
    async finish(rows) {
      await closeAll();
      const entries = closed.toSorted((a, b) => a.batch - b.batch);
      const summary = summarize(options, entries, rows);
      await writeManifest(store, output, entries, summary);
      return summary;
    },
    async abort() {
      await Promise.allSettled([closing, ...[...open.values()].map(({ files }) => files.abort())]);
      open.clear();
      current = undefined;
    },
  };
}

function nameGroup(model: string, endpoint: string, lane: Lane | null): string {
  return `${lane ?? ''}\n${endpoint}\n${model}`;
}

function leastRecentlyUsed(batches: readonly OpenBatch[]): OpenBatch {
  return batches.reduce((oldest, batch) => (batch.usedAt < oldest.usedAt ? batch : oldest));
}

function summarize(
  { wave, kind }: Pick<WavePlannerOptions, 'wave' | 'kind'>,
  entries: readonly ManifestEntry[],
  rows: RowCounts | undefined,
): PlanSummary {
  const sum = (value: (entry: ManifestEntry) => number): number =>
    entries.reduce((total, each) => total + value(each), 0);
  const unpriced = entries.some(({ estimate }) => estimate.usd === null);
  return {
    wave,
    ...(kind === undefined ? {} : { kind }),
    batches: entries.length,
    items: sum(({ items }) => items),
    estimate: {
      inputTokens: sum(({ estimate }) => estimate.inputTokens),
      outputTokens: sum(({ estimate }) => estimate.outputTokens),
      usd: unpriced ? null : roundedUsd(sum(({ estimate }) => estimate.usd ?? 0)),
    },
    ...(rows === undefined ? {} : { rows }),
  };
}

function tooManyBatches(): JobRefused {
  const message = `the rows would make more than ${batchesPerWaveMax} batches: allow more items or bytes in each`;
  return new JobRefused('invalid_job', [{ where: 'batch', message }]);
}
