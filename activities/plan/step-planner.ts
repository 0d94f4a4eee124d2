// Plans the first pass of a job: one wave or, in a rollout, one wave for each step.

import type { ItemKey } from '../../domain/ids.ts';
import type { PlanSummary, RowCounts } from '../../domain/job.ts';
import type { MaybePromise } from '../../domain/maybe-promise.ts';
import { lowerLimits, RouteRoom } from '../../domain/plan/route.ts';
import type { RealtimeCause } from '../../domain/plan/split.ts';
import { findStep } from '../../domain/waves/rollout.ts';
import type { PlannedItem } from '../../job-folder/plan/batch-files.ts';
import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import type { TokenSample } from './token-sample.ts';
import { type Added, summarize, WavePlanner, type WavePlannerOptions } from './wave-planner.ts';

interface Options extends Omit<WavePlannerOptions, 'wave' | 'kind' | 'cutBytes'> {
  /** Whether an earlier planner has planned some of the rows. */
  readonly resumes: boolean;
}

/** An item of the first pass. */
export interface FirstItem extends PlannedItem {
  readonly key: ItemKey;
  /** What a realtime call of it counts with; 0 if the job's route does not send it through the realtime lane. */
  readonly routedTokens: number;
  realtimeCause: RealtimeCause | null;
}

export class StepPlanner {
  readonly #steps: readonly number[];
  readonly #first: WavePlanner;
  readonly #waves: readonly WavePlanner[];
  /** For the rows of all steps, in the order of the rows. Null without a route. */
  readonly #room: RouteRoom | null;

  constructor({ closed, resumes, ...options }: Options) {
    const { route, realtime } = options.job.spec;
    this.#room =
      route === undefined ? null : new RouteRoom(route, lowerLimits(realtime, options.job.sharedRate), resumes);
    this.#steps = options.job.spec.rollout?.steps ?? [1];
    this.#first = new WavePlanner({ ...options, wave: 1, closed });
    const later = this.#steps
      .slice(1)
      .map((_, index) => new WavePlanner({ ...options, wave: index + 2, kind: 'rollout' }));
    this.#waves = [this.#first, ...later];
  }

  /**
   * Whether everything so far is in closed batches of the first wave, so that a successor may resume here. In a rollout, and while a route has
   * room, a successor begins again: samples and routed rows fill their batches slowly.
   */
  get isResumable(): boolean {
    return this.#waves.length === 1 && this.#first.openCount === 0 && (this.#room?.isFull ?? true);
  }

  /** Of the first wave. */
  get closed(): readonly ManifestEntry[] {
    return this.#first.closed;
  }

  get batches(): number {
    return this.#waves.reduce((sum, { closed }) => sum + closed.length, 0);
  }

  add(item: FirstItem): MaybePromise<Added> {
    const step = this.#waves.length === 1 ? 1 : findStep(item.key, this.#steps);
    const wave = this.#waves[step - 1] ?? this.#first;
    item.realtimeCause = null;
    if (this.#room === null || this.#room.isFull || item.routedTokens === 0) return wave.add(item);
    return this.#addMatching(wave, item, this.#room);
  }

  /** An item that is not taken uses none of the room. */
  async #addMatching(wave: WavePlanner, item: FirstItem, room: RouteRoom): Promise<Added> {
    const { routedTokens } = item;
    if (room.admit(routedTokens)) item.realtimeCause = 'routed';
    const added = await wave.add(item);
    if (added === 'taken' && item.realtimeCause === 'routed') room.take(routedTokens);
    if (room.isFull) for (const each of this.#waves) await each.closeRouted();
    return added;
  }

  async settle(): Promise<void> {
    for (const wave of this.#waves) await wave.settle();
  }

  async closeAll(): Promise<void> {
    for (const wave of this.#waves) await wave.closeAll();
  }

  /** The first wave's manifest is written last: it makes the whole plan exist. */
  async finish(rows: RowCounts, sample: TokenSample): Promise<PlanSummary> {
    await this.closeAll();
    const found = sample.computeRatios(this.#waves.flatMap(({ closed }) => closed));
    const ratios = found.length === 0 ? {} : { tokenRatios: found };
    if (this.#waves.length === 1) return this.#first.finish(found, { rows, ...ratios });
    for (const wave of this.#waves.slice(1)) await wave.finish(found);
    const { batches, items, estimate } = summarize(
      { wave: 1 },
      this.#waves.flatMap((wave) => wave.widen(found)),
    );
    const whole = { waves: this.#waves.length, batches, items, estimate };
    return this.#first.finish(found, { rows, whole, ...ratios });
  }

  async abort(): Promise<void> {
    await Promise.allSettled(this.#waves.map((wave) => wave.abort()));
  }
}
