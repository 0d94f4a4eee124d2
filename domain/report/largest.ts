// The largest values of a stream, however long it is.

/** Memory holds `max` values. */
export class Largest<Value> {
  readonly #max: number;
  readonly #measure: (value: Value) => number;
  readonly #values: Value[] = [];
  /** Only a value larger than this is kept. */
  #bar = Number.NEGATIVE_INFINITY;

  constructor(max: number, measure: (value: Value) => number) {
    this.#max = max;
    this.#measure = measure;
  }

  /** Whether a value of that size would be kept, so that a caller need not make one that would not. */
  wouldKeep(size: number): boolean {
    return size > this.#bar;
  }

  add(value: Value): void {
    const size = this.#measure(value);
    if (!this.wouldKeep(size)) return;
    const place = this.#values.findIndex((other) => this.#measure(other) < size);
    this.#values.splice(place === -1 ? this.#values.length : place, 0, value);
    if (this.#values.length > this.#max) this.#values.pop();
    const smallest = this.#values.at(-1);
    if (smallest !== undefined && this.#values.length === this.#max) this.#bar = this.#measure(smallest);
  }

  /** The largest first. Equal values are in the order in which they came. */
  get values(): readonly Value[] {
    return this.#values;
  }
}
