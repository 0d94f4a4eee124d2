// Counts a batch's outcomes for its tally.

import type { PlannedBatch } from '../../domain/job.ts';
import { roundKnown } from '../../domain/money/cost.ts';
import { estimateShare, knownUsd } from '../../domain/money/unpriced.ts';
import { type Anomalies, type ItemReason, itemReasons, type Tally, type Usage } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { figureNames, lineKinds } from '../../threads/tasks/judge-lines.ts';
import type { ClassifyInput } from './classify-input.ts';

export class BatchCounts {
  readonly #items: number;
  readonly #retryable: Partial<Record<ItemReason, number>> = {};
  readonly #rejected: Partial<Record<ItemReason, number>> = {};
  readonly #sums = {
    input: emptySum(),
    cachedInput: emptySum(),
    cacheWrite: emptySum(),
    cacheWrite1h: emptySum(),
    output: emptySum(),
    reasoning: emptySum(),
    costUsd: emptySum(),
  };
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
    for (const [place, name] of figureNames.entries()) addTo(this.#sums[name], figures[at + place] ?? Number.NaN);
    if (Number.isNaN(figures[at + figureNames.length - 1])) this.#unpriced += 1;
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
      costUsd: knownUsd(roundKnown(readSum(this.#sums.costUsd)), unpriced.items),
      unpriced,
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
    const cacheWrite1h = readSum(this.#sums.cacheWrite1h);
    return {
      input: readSum(this.#sums.input),
      cachedInput: readSum(this.#sums.cachedInput),
      cacheWrite: readSum(this.#sums.cacheWrite),
      ...(cacheWrite1h === null ? {} : { cacheWrite1h }),
      output: readSum(this.#sums.output),
      reasoning: readSum(this.#sums.reasoning),
    };
  }
}

/** A sum of numbers, some of them unknown: null if all are. */
interface Sum {
  known: number;
  sum: number;
}

const emptySum = (): Sum => ({ known: 0, sum: 0 });

function addTo(sum: Sum, value: number): void {
  if (Number.isNaN(value)) return;
  sum.known += 1;
  sum.sum += value;
}

const readSum = ({ known, sum }: Sum): number | null => (known === 0 ? null : sum);
