// Counts a batch's outcomes as they are written: what its tally is made of.

import type { PlannedBatch } from '../domain/job.ts';
import {
  type Anomalies,
  type AnswerLine,
  addUsage,
  type ItemReason,
  itemReasons,
  noUsage,
  plus,
  type Tally,
} from '../domain/outcome.ts';
import type { ClassifyInput } from './classify-input.ts';
import { InvariantBroken } from './refusal.ts';

export class BatchCounts {
  readonly #items: number;
  readonly #retryable: Partial<Record<ItemReason, number>> = {};
  readonly #rejected: Partial<Record<ItemReason, number>> = {};
  #answered = 0;
  #usage = noUsage;
  #costUsd: number | null = null;

  constructor(items: number) {
    this.#items = items;
  }

  add(answer: AnswerLine): void {
    if (answer.kind === 'answered') this.#answered += 1;
    else {
      const counts = answer.kind === 'retryable' ? this.#retryable : this.#rejected;
      const reason = answer.reason ?? 'provider_error';
      counts[reason] = (counts[reason] ?? 0) + 1;
    }
    if (answer.usage !== null) this.#usage = addUsage(this.#usage, answer.usage);
    this.#costUsd = plus(this.#costUsd, answer.costUsd);
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
      retryable: this.#retryable,
      rejected: this.#rejected,
      usage: this.#usage,
      costUsd: this.#costUsd,
      batchId,
      ending,
      createdAt,
      endedAt,
      polls,
      anomalies,
    };
  }
}
