// Keeps one outcome for each item, in whatever order outcomes come: the first answer, or else the first error.

import type { Outcome } from '../../domain/outcome/outcome.ts';
import type { ScratchFile } from '../scratch-file.ts';
import type { BatchCounts } from './batch-counts.ts';

/** Memory holds the places of the outcomes; their texts are in a scratch file. */
export class FirstAnswers {
  readonly #texts: ScratchFile;
  readonly #counts: BatchCounts;
  readonly #offsets: Float64Array;
  /** 0 if nothing is kept yet. */
  readonly #lengths: Uint32Array;
  readonly #answered: Uint8Array;
  #count = 0;

  constructor(texts: ScratchFile, items: number, counts: BatchCounts) {
    this.#texts = texts;
    this.#counts = counts;
    this.#offsets = new Float64Array(items);
    this.#lengths = new Uint32Array(items);
    this.#answered = new Uint8Array(items);
  }

  /** The number of items with an outcome. */
  get count(): number {
    return this.#count;
  }

  has(place: number): boolean {
    return this.#lengths[place] !== 0;
  }

  /** An answer replaces an earlier error; nothing replaces an answer. */
  keep(place: number, outcome: Outcome): void {
    const isAnswered = outcome.kind === 'answered';
    if (this.has(place)) {
      if (this.#answered[place] === 1 || !isAnswered) return;
      this.#counts.add(JSON.parse(this.read(place) ?? ''), -1);
    }
    if (!this.has(place)) this.#count += 1;
    this.#counts.add(outcome);
    const { offset, length } = this.#texts.append(JSON.stringify(outcome));
    this.#offsets[place] = offset;
    this.#lengths[place] = length;
    this.#answered[place] = isAnswered ? 1 : 0;
  }

  /** The outcome as JSON; null if nothing is kept for that item. */
  read(place: number): string | null {
    const length = this.#lengths[place] ?? 0;
    return length === 0 ? null : this.#texts.read({ offset: this.#offsets[place] ?? 0, length });
  }
}
