// The calls that are still to be made: those of the plan, in order, and those to be made again.

import type { PlannedCall } from '../../job-folder/journals.ts';
import type { Call } from './calls.ts';
import type { Meter } from './meter.ts';

export interface OpenCall extends Call, Omit<PlannedCall, 'at'> {
  /** The number of earlier tries. */
  readonly tries: number;
  /** Answers that the lane had when it was made for the first time in vain. */
  readonly answersBefore?: number;
  /** It is not made before this. */
  readonly notBefore: number;
}

export class CallQueue {
  readonly #meter: Meter;
  readonly #again: OpenCall[] = [];
  /** Calls of the plan that were taken. */
  taken = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  putBack(call: OpenCall): void {
    this.#again.push(call);
  }

  /** The earliest time at which a call is made again; null if there is none. */
  get nextAt(): number | null {
    return this.#again.length === 0 ? null : Math.min(...this.#again.map(({ notBefore }) => notBefore));
  }

  /** The next call; null if there is none now. */
  async take(calls: AsyncIterator<Call>, now: number): Promise<OpenCall | null> {
    const due = this.#again.findIndex(({ notBefore }) => notBefore <= now);
    if (due >= 0) return this.#again.splice(due, 1)[0] ?? null;
    const next = await calls.next();
    if (next.done === true) return null;
    this.taken += 1;
    return { ...next.value, ...this.#meter.estimate(next.value.line), tries: 0, notBefore: 0 };
  }
}
