// What a realtime lane may use of a rate that all jobs share. The dispatcher's answers hold for some seconds: a lane that gets none makes no
// call, because its part may belong to others by then.

import { log } from '@temporalio/activity';
import type { LaneLimits } from '../../domain/capacity/allowance.ts';
import { type LaneRate, rateHoldsMs } from '../../domain/dispatch/lanes.ts';
import { lowerCap } from '../../domain/money/budget.ts';

const askEveryMs = 5_000;

export interface RateSource {
  /** Null if the lane may make no call yet. */
  readonly ask: () => Promise<LaneRate | null>;
  /** A clock that never goes back. */
  readonly elapsed: () => number;
}

export class SharedRate {
  readonly #own: LaneLimits;
  /** Null if the job does not ask the dispatcher: it has only its own limits. */
  readonly #source: RateSource | null;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #answer: { readonly limits: LaneLimits; readonly holdsUntil: number } | null = null;

  constructor(own: LaneLimits, source: RateSource | null) {
    this.#own = own;
    this.#source = source;
  }

  /** The limits that hold now; null if no call may begin now. Asks again in the background. */
  read(): LaneLimits | null {
    if (this.#source === null) return this.#own;
    const now = this.#source.elapsed();
    if (!this.#isAsking && now - this.#askedAt >= askEveryMs) this.#ask(this.#source, now);
    return this.#answer !== null && now < this.#answer.holdsUntil ? this.#answer.limits : null;
  }

  /** The limits by which calls are counted before there is an answer. */
  get atFirst(): LaneLimits {
    return this.#source === null ? this.#own : this.#limit({ rpm: null, tpm: null });
  }

  #ask({ ask }: RateSource, now: number): void {
    this.#askedAt = now;
    this.#isAsking = true;
    ask()
      .then((rate) => {
        this.#answer = rate === null ? null : { limits: this.#limit(rate), holdsUntil: now + rateHoldsMs };
      })
      .catch((error: unknown) => log.warn('the dispatcher does not say what the realtime lane may use', { error }))
      .finally(() => {
        this.#isAsking = false;
      });
  }

  #limit({ rpm, tpm }: LaneRate): LaneLimits {
    return {
      ...this.#own,
      // Calls are counted even without a limit, because there may be one later.
      rpm: lowerCap(this.#own.rpm, rpm) ?? Number.MAX_SAFE_INTEGER,
      tpm: lowerCap(this.#own.tpm, tpm),
    };
  }
}
