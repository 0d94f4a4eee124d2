// Readers take turns at reading files: however many there are, only some hold what was read ahead for them.

const turnsMax = 32;

export class Turns {
  #free = turnsMax;
  readonly #waiting: (() => void)[] = [];

  /** Works when it has a turn. The turn ends with the work. */
  async take<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
