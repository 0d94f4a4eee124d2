// Small random decisions of a walk, given as numbers, so that a failing walk shrinks to the few that matter.

/** 0 once the numbers are used up, and 0 always means that all goes well: so every walk can come to an end. */
export class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** One of 0 to `sides` - 1. */
  pick(sides: number): number {
    const number = this.#numbers[this.#next] ?? 0;
    if (this.#next < this.#numbers.length) this.#next += 1;
    return number % sides;
  }

  /** The first if all goes well. */
  choose<T>(first: T, ...others: readonly T[]): T {
    return [first, ...others][this.pick(1 + others.length)] ?? first;
  }

  /** Whether something goes wrong that does so once in so many times. */
  onceIn(times: number): boolean {
    return this.pick(times) === 1;
  }
}
