// Counts a batch's outcomes for its tally.

import type { PlannedBatch } from '../../domain/job.ts';
import { roundKnown } from '../../domain/money/cost.ts';
import { estimateShare, knownUsd } from '../../domain/money/unpriced.ts';
import { type Anomalies, type ItemReason, itemReasons, type Tally } from '../../domain/outcome/outcome.ts';
import type { Usage } from '../../domain/outcome/usage.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { figuresPerLine, lineKinds, usageNames } from '../../threads/tasks/judge-lines.ts';
import type { ClassifyInput } from './classify-input.ts';

export class BatchCounts {
  readonly #items: number;
  readonly #retryable: Partial<Record<ItemReason, number>> = {};
  readonly #rejected: Partial<Record<ItemReason, number>> = {};
  /** By figure: the sum of what is known, and of how many. */
  readonly #sums = new Float64Array(figuresPerLine);
  readonly #known = new Uint32Array(figuresPerLine);
  #unpriced = 0;
  #answered = 0;

  constructor(items: number) {
    this.#items = items;
  }

  /** `kind` is one of `lineKinds`, `reason` a place in `itemReasons` from 1, and the figures begin at a place of the array. */
  add(kind: number, reason: number, figures: Float64Array, at: number): void {
    if (kind === lineKinds.answered) {
      this.#answered += 1;
    } else {
      const counts = kind === lineKinds.retryable ? this.#retryable : this.#rejected;
      const name = itemReasons[reason - 1] ?? 'provider_error';
      counts[name] = (counts[name] ?? 0) + 1;
    }
    for (let figure = 0; figure < figuresPerLine; figure++) this.#addFigure(figure, figures[at + figure] ?? Number.NaN);
  }

  #addFigure(figure: number, value: number): void {
    if (!Number.isNaN(value)) {
      this.#sums[figure] = (this.#sums[figure] ?? 0) + value;
      this.#known[figure] = (this.#known[figure] ?? 0) + 1;
    } else if (figure === costPlace) {
      this.#unpriced += 1;
    }
  }

  /** Throws unless each item has exactly one outcome. */
  tally(planned: PlannedBatch, input: ClassifyInput, anomalies: Anomalies): Tally {
    const outcomes = itemReasons.reduce(
      (sum, reason) => sum + (this.#retryable[reason] ?? 0) + (this.#rejected[reason] ?? 0),
      this.#answered,
    );
    if (outcomes !== this.#items) throw new InvariantBroken(`${this.#items} items, ${outcomes} outcomes`);
    const { wave, batch, batchId, ending, createdAt, endedAt, polls, refusal, cutBytes } = input;
    const { lane, model, estimate } = planned;
    // A call that was made again may have been billed too.
    const attempts = this.#unpriced + anomalies.inDoubtCalls;
    const unpriced = { items: attempts, usd: estimateShare(attempts, this.#items, estimate.usd) };
    return {
      wave,
      batch,
      lane,
      model,
      items: this.#items,
      answered: this.#answered,
      retryable: this.#retryable,
      rejected: this.#rejected,
      usage: this.#sumUsage(),
      costUsd: knownUsd(roundKnown(this.#readSum(costPlace)), unpriced.items),
      unpriced,
      estimatedUsd: estimate.usd,
      batchId,
      ending,
      createdAt,
      endedAt,
      polls,
      refusal,
      ...(cutBytes === undefined ? {} : { cutBytes }),
      anomalies,
    };
  }

  #sumUsage(): Usage {
    const sums = Object.fromEntries(usageNames.map((name, place) => [name, this.#readSum(place)])) as UsageSums;
    const { cacheWrite1h, imageInput, ...usage } = sums;
    return {
      ...usage,
      ...(cacheWrite1h === null ? {} : { cacheWrite1h }),
      ...(imageInput === null ? {} : { imageInput }),
    };
  }

  /** Null if no item's is known. */
  #readSum(figure: number): number | null {
    return this.#known[figure] === 0 ? null : (this.#sums[figure] ?? 0);
  }
}

type UsageSums = Readonly<Record<(typeof usageNames)[number], number | null>>;
const costPlace = usageNames.length;
