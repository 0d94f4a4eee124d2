// Plans the first pass of a job: one wave or, in a rollout, one wave for each step.

import type { ItemKey } from '../../domain/ids.ts';
import type { PlanSummary, RowCounts } from '../../domain/job.ts';
import type { MaybePromise } from '../../domain/maybe-promise.ts';
import { findStep } from '../../domain/waves/rollout.ts';
import type { PlannedItem } from '../../job-folder/plan/batch-files.ts';
import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import { type Added, summarize, WavePlanner, type WavePlannerOptions } from './wave-planner.ts';

type Options = Omit<WavePlannerOptions, 'wave' | 'kind' | 'cutBytes'>;

export class StepPlanner {
  readonly #steps: readonly number[];
  readonly #first: WavePlanner;
  readonly #waves: readonly WavePlanner[];

  constructor({ closed, ...options }: Options) {
    this.#steps = options.job.spec.rollout?.steps ?? [1];
    this.#first = new WavePlanner({ ...options, wave: 1, closed });
    const later = this.#steps
      .slice(1)
      .map((_, index) => new WavePlanner({ ...options, wave: index + 2, kind: 'rollout' }));
    this.#waves = [this.#first, ...later];
  }

  /**
   * Whether everything so far is in closed batches of the first wave, so that a successor may resume here. In a rollout, a successor begins
   * again: its samples fill their batches slowly.
   */
  get isResumable(): boolean {
    return this.#waves.length === 1 && this.#first.openCount === 0;
  }

  /** Of the first wave. */
  get closed(): readonly ManifestEntry[] {
    return this.#first.closed;
  }

  get batches(): number {
    return this.#waves.reduce((sum, { closed }) => sum + closed.length, 0);
  }

  add(item: PlannedItem & { readonly key: ItemKey }): MaybePromise<Added> {
    const step = this.#waves.length === 1 ? 1 : findStep(item.key, this.#steps);
    return (this.#waves[step - 1] ?? this.#first).add(item);
  }

  async settle(): Promise<void> {
    for (const wave of this.#waves) await wave.settle();
  }

  async closeAll(): Promise<void> {
    for (const wave of this.#waves) await wave.closeAll();
  }

  /** The first wave's manifest is written last: it makes the whole plan exist. */
  async finish(rows: RowCounts): Promise<PlanSummary> {
    if (this.#waves.length === 1) return this.#first.finish({ rows });
    for (const wave of this.#waves.slice(1)) await wave.finish();
    const { batches, items, estimate } = summarize(
      { wave: 1 },
      this.#waves.flatMap(({ closed }) => closed),
    );
    return this.#first.finish({ rows, whole: { waves: this.#waves.length, batches, items, estimate } });
  }

  async abort(): Promise<void> {
    await Promise.allSettled(this.#waves.map((wave) => wave.abort()));
  }
}
