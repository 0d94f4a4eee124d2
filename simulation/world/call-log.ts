// Numbers the calls of a job's workers and keeps their order. A recorded order is reproduced by holding each call until its turn comes.

import type { CallKind, Part } from '../script/script.ts';

export interface Call {
  readonly part: Part;
  readonly kind: CallKind;
  /** Counted from 1 over all incarnations. */
  readonly nth: number;
  /** The same, over all parts. */
  readonly nthOfAny: number;
}

/** If a call's turn does not come within this real time, the call continues: the run has left the recorded order. */
const heldMsMax = 5_000;

export class CallLog {
  /** The calls in the order in which they began. */
  readonly order: string[] = [];
  /** Calls that did not begin in the recorded order. */
  strayed = 0;
  readonly #counts = new Map<string, number>();
  readonly #recorded: readonly string[];
  #next = 0;
  readonly #held = new Map<string, () => void>();

  constructor(recorded: readonly string[] = []) {
    this.#recorded = recorded;
  }

  async begin(part: Part, kind: CallKind): Promise<Call> {
    const nth = this.#count(`${part} ${kind}`);
    const nthOfAny = this.#count(kind);
    const name = `${part} ${kind} ${nth}`;
    await this.#awaitTurn(name);
    this.order.push(name);
    return { part, kind, nth, nthOfAny };
  }

  get parts(): ReadonlySet<Part> {
    return new Set(this.order.map((name) => name.split(' ')[0] ?? ''));
  }

  /** Whether such a call ever began. */
  has(part: Part, kind: CallKind): boolean {
    return this.#counts.has(`${part} ${kind}`);
  }

  #count(name: string): number {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count;
  }

  async #awaitTurn(name: string): Promise<void> {
    const turn = this.#recorded.indexOf(name, this.#next);
    if (turn < 0) {
      if (this.#recorded.length > 0) this.strayed += 1;
      return;
    }
    if (turn > this.#next && !(await this.#hold(name))) this.strayed += 1;
    this.#next = Math.max(this.#next, turn + 1);
    this.#held.get(this.#recorded[this.#next] ?? '')?.();
  }

  /** False if the time is over. */
  #hold(name: string): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isTurn: boolean): void => {
        clearTimeout(timer);
        this.#held.delete(name);
        resolve(isTurn);
      };
      const timer = setTimeout(() => end(false), heldMsMax);
      this.#held.set(name, () => end(true));
    });
  }
}
