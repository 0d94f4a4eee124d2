// What is known of request lines after one pass over them: how many there are, whose models they ask for, and what is wrong.

import { IdSet } from './id-set.ts';
import type { BatchProblem } from './record.ts';

/** The first ones are enough to see what is wrong. */
const problemsMax = 100;
/** A job takes no more. */
const modelsMax = 64;

export interface LinesSummary {
  readonly total: number;
  /** Each model, and the first line that asks for it. */
  readonly models: Readonly<Record<string, number>>;
  /** The same of endpoints. */
  readonly endpoints: Readonly<Record<string, number>>;
  readonly problems: readonly BatchProblem[];
}

export class LinesTally {
  readonly #ids = new IdSet();
  readonly #models = new Map<string, number>();
  readonly #endpoints = new Map<string, number>();
  readonly #problems: BatchProblem[] = [];
  #total = 0;

  addLine(): void {
    this.#total += 1;
  }

  /** False if the id is a repetition. */
  addId(customId: string): boolean {
    return this.#ids.add(customId);
  }

  addModel(model: string, line: number): void {
    addFirst(this.#models, model, line);
  }

  addEndpoint(endpoint: string, line: number): void {
    addFirst(this.#endpoints, endpoint, line);
  }

  addProblem(problem: BatchProblem): void {
    if (this.#problems.length < problemsMax) this.#problems.push(problem);
  }

  get total(): number {
    return this.#total;
  }

  get summary(): LinesSummary {
    return {
      total: this.#total,
      models: Object.fromEntries(this.#models),
      endpoints: Object.fromEntries(this.#endpoints),
      problems: this.#problems,
    };
  }
}

function addFirst(firsts: Map<string, number>, name: string, line: number): void {
  // One more than may be used shows that there are too many.
  if (!firsts.has(name) && firsts.size <= modelsMax) firsts.set(name, line);
}
