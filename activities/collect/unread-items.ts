// Outcomes of the items that the provider's output does not mention.

import type { Outcome } from '../../domain/outcome/outcome.ts';
import type { ClassifyInput } from './classify-input.ts';
import type { ItemIndex } from './item-index.ts';
import type { Judge } from './judge.ts';

export class UnreadItems {
  /** Items whose line should be there and is not. */
  missing = 0;
  readonly #items: ItemIndex;
  readonly #judge: Judge;
  readonly #missingReason: ClassifyInput['missingReason'];
  readonly #blamed: 'all' | ReadonlySet<number>;

  constructor(
    items: ItemIndex,
    judge: Judge,
    { blamed, missingReason }: Pick<ClassifyInput, 'blamed' | 'missingReason'>,
  ) {
    this.#items = items;
    this.#judge = judge;
    this.#missingReason = missingReason;
    this.#blamed = blamed === 'all' ? 'all' : new Set(blamed);
  }

  /** Call it once for each such item: it counts. */
  judge(place: number): Outcome {
    const isBlamed = this.#blamed === 'all' || this.#blamed.has(place + 1);
    const reason = isBlamed ? 'bad_request' : this.#missingReason;
    if (reason === 'missing') this.missing += 1;
    return this.#judge.judgeFailure(reason, this.#items.countFlawedAttempts(place));
  }
}
