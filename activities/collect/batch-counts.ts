// Counts a batch's outcomes as they are written: what its tally is made of.

import type { PlannedBatch } from '../../domain/job.ts';
import { type Anomalies, type Counts, type ItemReason, itemReasons, type Tally } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import type { Outcome } from './answer-spill.ts';
import type { ClassifyInput } from './classify-input.ts';

/** Of numbers some of which are unknown. */
interface Sum {
  known: number;
  sum: number;
}

const emptySum = (): Sum => ({ known: 0, sum: 0 });
const total = ({ known, sum }: Sum): number | null => (known === 0 ? null : sum);
const usageNames = ['input', 'cachedInput', 'cacheWrite', 'output', 'reasoning'] as const;

function count(sum: Sum, value: number | null, times: 1 | -1): void {
  if (value === null) return;
  sum.known += times;
  sum.sum += times * value;
}

/** A reason that nobody has any more is not named. */
function present(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

export class BatchCounts {
  readonly #items: number;
  readonly #retryable: Partial<Record<ItemReason, number>> = {};
  readonly #rejected: Partial<Record<ItemReason, number>> = {};
  readonly #usage = {
    input: emptySum(),
    cachedInput: emptySum(),
    cacheWrite: emptySum(),
    output: emptySum(),
    reasoning: emptySum(),
  };
  readonly #costUsd = emptySum();
  #answered = 0;

  constructor(items: number) {
    this.#items = items;
  }

  /** `times` is -1 where a better answer has taken the place of this one. */
  add(outcome: Outcome, times: 1 | -1 = 1): void {
    if (outcome.kind === 'answered') {
      this.#answered += times;
    } else {
      const counts = outcome.kind === 'retryable' ? this.#retryable : this.#rejected;
      const reason = outcome.reason ?? 'provider_error';
      counts[reason] = (counts[reason] ?? 0) + times;
    }
    for (const name of usageNames) count(this.#usage[name], outcome.usage?.[name] ?? null, times);
    count(this.#costUsd, outcome.costUsd, times);
  }

  tally(planned: PlannedBatch, input: ClassifyInput, anomalies: Anomalies): Tally {
    const sum = itemReasons.reduce(
      (total, reason) => total + (this.#retryable[reason] ?? 0) + (this.#rejected[reason] ?? 0),
      this.#answered,
    );
    if (sum !== this.#items) throw new InvariantBroken(`${this.#items} items, ${sum} outcomes`);
    const { wave, batch, batchId, ending, createdAt, endedAt, polls } = input;
    const { lane, model } = planned;
    return {
      wave,
      batch,
      lane,
      model,
      items: this.#items,
      answered: this.#answered,
      retryable: present(this.#retryable),
      rejected: present(this.#rejected),
      usage: {
        input: total(this.#usage.input),
        cachedInput: total(this.#usage.cachedInput),
        cacheWrite: total(this.#usage.cacheWrite),
        output: total(this.#usage.output),
        reasoning: total(this.#usage.reasoning),
      },
      costUsd: total(this.#costUsd),
      batchId,
      ending,
      createdAt,
      endedAt,
      polls,
      anomalies,
    };
  }
}
