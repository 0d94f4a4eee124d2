// A rendered request in pieces: the template's fragments, with a row's texts between them.

/** Fragments around slots: one more than there are slots. */
export interface Joint {
  readonly fragments: readonly string[];
  readonly slots: readonly number[];
}

/** Fragments and the texts between them. Quotes around a text are part of the fragments next to it. */
export class Pieces {
  readonly #slots: readonly number[];
  /** Each fragment in four forms: with a quote before it or not, and after it or not. */
  readonly #forms: readonly (readonly string[])[];
  readonly #pieces: string[] = [];

  constructor({ fragments, slots }: Joint) {
    this.#slots = slots;
    this.#forms = fragments.map((each) => [each, `"${each}`, `${each}"`, `"${each}"`]);
  }

  fill(texts: readonly string[], isQuoted: readonly boolean[]): readonly string[] {
    let before = 0;
    for (let index = 0; index < this.#slots.length; index++) {
      const slot = this.#slots[index] ?? 0;
      const quoted = isQuoted[slot] === true;
      this.#pieces[2 * index] = this.#forms[index]?.[before + (quoted ? 2 : 0)] ?? '';
      this.#pieces[2 * index + 1] = texts[slot] ?? '';
      before = quoted ? 1 : 0;
    }
    this.#pieces[2 * this.#slots.length] = this.#forms[this.#slots.length]?.[before] ?? '';
    return this.#pieces;
  }
}
