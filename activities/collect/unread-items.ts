// Outcomes of the items that no line of output names, by what is proven of them.

import type { ItemReason, Outcome } from '../../domain/outcome/outcome.ts';
import type { Judge } from '../../threads/tasks/judge.ts';
import type { ClassifyInput } from './classify-input.ts';
import type { ItemIndex } from './item-index.ts';
import type { Proofs } from './proofs.ts';

/** Reasons of items of a batch that the provider failed: what it wrote about the batch says why. */
const describesBatchError: ReadonlySet<ItemReason> = new Set(['bad_request', 'batch_failed', 'in_doubt']);

interface UnreadParts {
  readonly items: ItemIndex;
  readonly judge: Judge;
  /** How many items one line of the provider's files is of. */
  readonly perRequest: number;
}

export class UnreadItems {
  /** Items whose line should be there and is not. */
  missing = 0;
  /** Those of them that ran, as far as is known: they are sent, and paid, again. */
  paidWithoutAnswer = 0;
  /** Lines without an id that are not yet matched with an item: each is the line of one that ran, whichever it is. */
  #linesWithoutId: number;
  readonly #items: ItemIndex;
  readonly #judge: Judge;
  readonly #perRequest: number;
  readonly #reason: ItemReason;
  readonly #blamed: 'all' | ReadonlySet<number>;
  readonly #details: ReadonlyMap<number | null, string>;

  constructor(
    { items, judge, perRequest }: UnreadParts,
    { blamed, notRunReason }: Pick<ClassifyInput, 'blamed' | 'notRunReason'>,
    { weakest: proof, linesWithoutId }: Pick<Proofs, 'weakest' | 'linesWithoutId'>,
    details: ReadonlyMap<number | null, string>,
  ) {
    this.#details = details;
    this.#perRequest = perRequest;
    this.#linesWithoutId = linesWithoutId * perRequest;
    this.#items = items;
    this.#judge = judge;
    this.#reason = proof === 'lost' ? 'missing' : proof === 'unknown' ? 'in_doubt' : notRunReason;
    this.#blamed = blamed === 'all' ? 'all' : new Set(blamed);
  }

  /** Call it once for each such item: it counts. */
  judge(place: number): Outcome {
    const line = Math.floor(place / this.#perRequest) + 1;
    const isBlamed = this.#blamed === 'all' || this.#blamed.has(line);
    const reason = isBlamed ? 'bad_request' : this.#takeReason();
    if (reason === 'missing') {
      this.missing += 1;
      this.paidWithoutAnswer += 1;
    }
    const detail = describesBatchError.has(reason) ? this.#findDetail(line) : undefined;
    return this.#judge.judgeFailure(reason, this.#items.countFlawedAttempts(place), detail);
  }

  /** The provider may name other lines and say nothing of this one. */
  #findDetail(line: number): string | undefined {
    return this.#details.get(line) ?? this.#details.get(null);
  }

  /** What is unknown stays unknown: a line without an id does not say which item may be sent again. */
  #takeReason(): ItemReason {
    if (this.#reason === 'in_doubt' || this.#linesWithoutId === 0) return this.#reason;
    this.#linesWithoutId -= 1;
    return 'missing';
  }
}
