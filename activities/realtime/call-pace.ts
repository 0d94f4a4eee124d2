// When the next realtime call may start: within the adaptive concurrency, and within the limits of requests and tokens per minute.

import { cancellationSignal } from '@temporalio/activity';
import type { JobSpec } from '../../domain/job.ts';
import {
  afterAnswer,
  afterRefusal,
  type Pace,
  type Spent,
  startingPace,
  waitForRoomMs,
  withoutOld,
} from '../../domain/waves/pace.ts';

/** The shortest and the longest time between two checks of a waiting call. */
const [checkMinMs, checkMaxMs] = [20, 1000];

export class CallPace {
  readonly #limits: JobSpec['realtime'];
  readonly #now: () => number;
  #pace: Pace;
  /** Calls of the last minute. */
  #spent: readonly Spent[] = [];

  /** `now` must never go back: a worker's clock that is set back would stop the lane. */
  constructor(limits: JobSpec['realtime'], now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#pace = startingPace(limits.concurrency);
  }

  /** Calls that may run at the same time. */
  get limit(): number {
    return this.#pace.limit;
  }

  /** Returns when one more call may start, and counts that call. Throws if the activity is cancelled. */
  async awaitTurn(tokens: number): Promise<void> {
    const { rpm, tpm } = this.#limits;
    for (;;) {
      cancellationSignal().throwIfAborted();
      const now = this.#now();
      this.#spent = withoutOld(this.#spent, now);
      const wait = Math.max(this.#pace.notBefore - now, waitForRoomMs(this.#spent, tokens, now, rpm, tpm));
      if (wait <= 0) break;
      await pause(Math.min(Math.max(wait, checkMinMs), checkMaxMs));
    }
    if (rpm !== null || tpm !== null) this.#spent = [...this.#spent, { at: this.#now(), tokens }];
  }

  speedUp(): void {
    this.#pace = afterAnswer(this.#pace, this.#limits.concurrency);
  }

  slowDown(waitMs: number): void {
    this.#pace = afterRefusal(this.#pace, this.#now(), waitMs);
  }
}

/** Returns early if the activity is cancelled. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    const signal = cancellationSignal();
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
