// Cuts a wave's items into batches as they come, in row order, and writes the manifest last: only the manifest makes the plan exist.

import type { JobFile, PlanSummary, WaveKind } from '../../domain/job.ts';
import { batchesPerWaveMax, modelsMax } from '../../domain/limits.ts';
import { isPending, type MaybePromise } from '../../domain/maybe-promise.ts';
import { findPrice, findReservePrice, roundKnown, sumOrUnknown } from '../../domain/money/cost.ts';
import { findFactor } from '../../domain/money/token-ratio.ts';
import { widenEstimate, widenTokens } from '../../domain/plan/batch-estimate.ts';
import {
  type Caps,
  chooseLane,
  computeCaps,
  cutCaps,
  hasRoom,
  isFull,
  routedCaps,
  type SplitRules,
  splitRules,
} from '../../domain/plan/split.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { openBatchFiles, type PlannedItem } from '../../job-folder/plan/batch-files.ts';
import { type ManifestEntry, writeManifest } from '../../job-folder/plan/manifest.ts';
import type { Provider } from '../../providers/provider.ts';
import type { Store } from '../../storage/store.ts';
import { ClosedBatches } from './closed-batches.ts';
import { type OpenBatch, OpenBatches } from './open-batches.ts';

export interface WavePlannerOptions {
  readonly store: Store;
  readonly provider: Pick<Provider, 'limits'>;
  readonly job: JobFile;
  readonly output: string;
  readonly wave: number;
  readonly kind?: WaveKind | undefined;
  /** The bytes of requests that a batch may have, if that is less than usual. Default: no limit. */
  readonly cutBytes?: number | null | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Batches that an earlier planner of this wave closed when it had none open: numbering continues after them. Default: none. */
  readonly closed?: readonly ManifestEntry[] | undefined;
}

type Ratios = PlanSummary['tokenRatios'];
type FirstSums = Pick<PlanSummary, 'rows' | 'whole' | 'tokenRatios'>;

/** What became of an item that was offered. An item that was not `taken` has left no trace. */
export type Added = 'taken' | 'too_large' | 'too_many_models';

export class WavePlanner {
  readonly #options: WavePlannerOptions;
  readonly #rules: SplitRules;
  readonly #open = new OpenBatches();
  readonly #closed: ClosedBatches;
  /** Models with their endpoints, of all batches of the wave. */
  readonly #models: Set<string>;

  constructor(options: WavePlannerOptions) {
    const { job, provider, closed = [] } = options;
    this.#options = options;
    // The items of batches that were cut stay in the lane that they were planned for.
    const minBatchItems = options.cutBytes == null ? job.spec.minBatchItems : 1;
    this.#rules = splitRules({ ...job.spec, minBatchItems }, provider.limits);
    this.#closed = new ClosedBatches(closed);
    this.#models = new Set(closed.map(nameModel));
  }

  /** How many batches are being written. */
  get openCount(): number {
    return this.#open.size;
  }

  /** The batches that are whole, in the order in which they were closed; complete once `settle` resolves. */
  get closed(): readonly ManifestEntry[] {
    return this.#closed.entries;
  }

  /** In row order. A promise only if a file is opened, closed or waited for: await it before the next call. */
  add(item: PlannedItem): MaybePromise<Added> {
    const batch = this.#open.find(item);
    if (item.bytes > this.#rules.bytesMax) return 'too_large';
    if (batch === undefined && this.#models.size >= modelsMax && !this.#models.has(nameModel(item))) {
      return 'too_many_models';
    }
    const fits = batch !== undefined && hasRoom(batch.files, item.bytes);
    return fits ? this.#write(batch, item) : this.#writeToNew(batch, item);
  }

  settle(): Promise<void> {
    return this.#closed.settle();
  }

  /** Call it when no further item is routed. */
  async closeRouted(): Promise<void> {
    for (const batch of this.#open.list()) if (batch.files.realtimeCause === 'routed') await this.#close(batch);
  }

  /** Closes what is open but makes no plan yet. */
  async closeAll(): Promise<void> {
    for (const batch of this.#open.list()) await this.#close(batch);
    await this.settle();
  }

  /**
   * Closes what is open and writes the manifest. The batches of models with a ratio get larger estimates, since only now the sample is whole.
   * Only a first wave has more than its own sums.
   */
  async finish(ratios?: Ratios, first?: FirstSums): Promise<PlanSummary> {
    await this.closeAll();
    const { store, output } = this.#options;
    const entries = this.widen(ratios);
    const summary = { ...summarize(this.#options, entries), ...first };
    await writeManifest(store, output, entries, summary);
    return summary;
  }

  /** The closed batches, first to last, with estimates by the ratios of their models. */
  widen(ratios?: Ratios): ManifestEntry[] {
    const { prices, spec } = this.#options.job;
    return this.closed
      .toSorted((a, b) => a.batch - b.batch)
      .map((entry) => {
        const { estimate, model, lane } = entry;
        const factor = findFactor(ratios, model);
        if (spec.strictBudget === true) return { ...entry, estimate: widenTokens(estimate, factor) };
        return { ...entry, estimate: widenEstimate(estimate, factor, lane, findPrice(model, prices)) };
      });
  }

  /** Removes what is open. Failures are ignored: nobody reads an unfinished file. */
  async abort(): Promise<void> {
    await Promise.allSettled([this.settle(), ...this.#open.list().map(({ files }) => files.abort())]);
    this.#open.clear();
  }

  #write(batch: OpenBatch, item: PlannedItem): MaybePromise<Added> {
    this.#open.noteUse(batch);
    const written = batch.files.write(item);
    if (isFull(batch.files, item.bytes)) return this.#closeAfter(written, batch);
    return isPending(written) ? written.then(() => 'taken') : 'taken';
  }

  async #closeAfter(written: MaybePromise<void>, batch: OpenBatch): Promise<Added> {
    await written;
    await this.#close(batch);
    return 'taken';
  }

  async #writeToNew(full: OpenBatch | undefined, item: PlannedItem): Promise<Added> {
    if (full !== undefined) await this.#close(full);
    const batch = await this.#openBatchFor(item);
    return this.#write(batch, item);
  }

  async #openBatchFor({ model, endpoint, realtimeCause }: PlannedItem): Promise<OpenBatch> {
    const surplus = this.#open.findSurplus();
    if (surplus !== null) await this.#close(surplus);
    const { store, job, output, wave, signal } = this.#options;
    const batch = this.#closed.count + this.#open.size + 1;
    if (batch > batchesPerWaveMax) throw tooManyBatches();
    const mostPrice = findReservePrice(model, job.prices, true);
    const caps = realtimeCause === 'routed' ? routedCaps(this.#rules) : this.#computeCaps(batch);
    const files = await openBatchFiles(
      { output, wave, batch },
      { store, mostPrice, nonce: job.planNonce, model, endpoint, realtimeCause, caps, signal },
    );
    this.#models.add(nameModel(files));
    return this.#open.add(files);
  }

  async #close(batch: OpenBatch): Promise<void> {
    await this.#closed.settle();
    this.#open.remove(batch);
    const { items, realtimeCause } = batch.files;
    this.#closed.startClosing(batch.files, chooseLane(this.#rules, items, realtimeCause));
  }

  #computeCaps(batch: number): Caps {
    return cutCaps(computeCaps(this.#rules, batch), this.#options.cutBytes ?? null);
  }
}

function nameModel({ model, endpoint }: Pick<PlannedItem, 'model' | 'endpoint'>): string {
  return `${endpoint}\n${model}`;
}

export function summarize(
  { wave, kind }: Pick<WavePlannerOptions, 'wave' | 'kind'>,
  entries: readonly ManifestEntry[],
): PlanSummary {
  const sum = (value: (entry: ManifestEntry) => number): number =>
    entries.reduce((total, each) => total + value(each), 0);
  const sumKnown = (value: (entry: ManifestEntry) => number | null): number | null =>
    entries.reduce<number | null>((total, each) => sumOrUnknown(total, value(each)), 0);
  return {
    wave,
    ...(kind === undefined ? {} : { kind }),
    batches: entries.length,
    items: sum(({ items }) => items),
    estimate: {
      inputTokens: sum(({ estimate }) => estimate.inputTokens),
      outputTokens: sumKnown(({ estimate }) => estimate.outputTokens),
      usd: roundKnown(sumKnown(({ estimate }) => estimate.usd)),
      mostUsd: roundKnown(sumKnown(({ estimate }) => estimate.mostUsd ?? null)),
    },
  };
}

function tooManyBatches(): JobRefused {
  const message = `the rows would make more than ${batchesPerWaveMax} batches: allow more items or bytes in each`;
  return new JobRefused('invalid_job', [{ where: 'batch', message }]);
}
