// Counts a batch's outcomes for its tally.

import type { PlannedBatch } from '../../domain/job.ts';
import { roundKnown } from '../../domain/money/cost.ts';
import { estimateShare, knownUsd } from '../../domain/money/unpriced.ts';
import {
  type Anomalies,
  type Counts,
  type ItemReason,
  itemReasons,
  type Outcome,
  type Tally,
  type Usage,
} from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import type { ClassifyInput } from './classify-input.ts';

export class BatchCounts {
  readonly #items: number;
  readonly #retryable: Partial<Record<ItemReason, number>> = {};
  readonly #rejected: Partial<Record<ItemReason, number>> = {};
  readonly #usage = {
    input: emptySum(),
    cachedInput: emptySum(),
    cacheWrite: emptySum(),
    cacheWrite1h: emptySum(),
    output: emptySum(),
    reasoning: emptySum(),
  };
  readonly #costUsd = emptySum();
  #unpriced = 0;
  #answered = 0;

  constructor(items: number) {
    this.#items = items;
  }

  /** `times` is -1 if another outcome has replaced this one. */
  add(outcome: Outcome, times: 1 | -1 = 1): void {
    if (outcome.kind === 'answered') {
      this.#answered += times;
    } else {
      const counts = outcome.kind === 'retryable' ? this.#retryable : this.#rejected;
      const reason = outcome.reason ?? 'provider_error';
      counts[reason] = (counts[reason] ?? 0) + times;
    }
    for (const name of usageNames) addTo(this.#usage[name], outcome.usage?.[name] ?? null, times);
    addTo(this.#costUsd, outcome.costUsd, times);
    if (outcome.costUsd === null) this.#unpriced += times;
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
      retryable: dropZeros(this.#retryable),
      rejected: dropZeros(this.#rejected),
      usage: this.#sumUsage(),
      costUsd: knownUsd(roundKnown(readSum(this.#costUsd)), unpriced.items),
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
    const cacheWrite1h = readSum(this.#usage.cacheWrite1h);
    return {
      input: readSum(this.#usage.input),
      cachedInput: readSum(this.#usage.cachedInput),
      cacheWrite: readSum(this.#usage.cacheWrite),
      ...(cacheWrite1h === null ? {} : { cacheWrite1h }),
      output: readSum(this.#usage.output),
      reasoning: readSum(this.#usage.reasoning),
    };
  }
}

const usageNames = ['input', 'cachedInput', 'cacheWrite', 'cacheWrite1h', 'output', 'reasoning'] as const;

/** A sum of numbers, some of them unknown: null if all are. */
interface Sum {
  known: number;
  sum: number;
}

const emptySum = (): Sum => ({ known: 0, sum: 0 });

function addTo(sum: Sum, value: number | null, times: 1 | -1): void {
  if (value === null) return;
  sum.known += times;
  sum.sum += times * value;
}

const readSum = ({ known, sum }: Sum): number | null => (known === 0 ? null : sum);

/** A reason stays with a count of 0 if a better outcome replaced its only one. */
function dropZeros(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
