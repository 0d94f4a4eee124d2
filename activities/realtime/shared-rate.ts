// What a realtime lane may use of a rate that all jobs share. The dispatcher's answers hold for some seconds: a lane that gets none makes no
// call, because its part may belong to others by then.

import type { LaneLimits } from '../../domain/capacity/allowance.ts';
import { findRateWait, type RateAnswer } from '../../domain/dispatch/lane-rate.ts';
import { type LaneRate, rateHoldsMs } from '../../domain/dispatch/lanes.ts';
import { lowerCap } from '../../domain/money/budget.ts';
import type { ActivityDeps } from '../deps.ts';
import type { WithoutRate } from './lane-end.ts';
import { Lease } from './lease.ts';

const askEveryMs = 5_000;
/** Longer waits are left to the workflow, which says why, and declares again if the dispatcher does not know the lane. */
const ownWaitMaxMs = 30_000;
const unknownMaxMs = 5_000;

export interface RateSource extends Pick<ActivityDeps, 'elapsed' | 'now'> {
  readonly ask: () => Promise<RateAnswer>;
  /** The largest call for which the job has declared that it needs tokens of its own. */
  readonly declaredTokens: number;
}

export class SharedRate {
  readonly #own: LaneLimits;
  readonly #source: RateSource | null;
  /** Null if the job does not ask the dispatcher: it has only its own limits. */
  readonly #lease: Lease<RateAnswer> | null;
  /** By the elapsed time; null while there is a rate. */
  #waitsSince: number | null = null;

  constructor(own: LaneLimits, source: RateSource | null) {
    this.#own = own;
    this.#source = source;
    const terms = {
      everyMs: askEveryMs,
      holdsMs: rateHoldsMs,
      problem: 'the dispatcher does not say what a lane may use',
    };
    this.#lease = source === null ? null : new Lease({ ...terms, ask: source.ask }, source);
  }

  /** The limits that hold now; null if no call may begin now. Asks again in the background. */
  read(): LaneLimits | null {
    if (this.#lease === null) return this.#own;
    const answer = this.#lease.read();
    return answer?.kind === 'rate' ? this.#limit(answer) : null;
  }

  /** The limits by which calls are counted before there is an answer. */
  get atFirst(): LaneLimits {
    return this.#source === null ? this.#own : this.#limit({ rpm: null, tpm: null });
  }

  /** Null if a call of so many tokens may begin as soon as the limits allow. */
  check(tokens: number): 'wait' | WithoutRate | null {
    if (this.#lease === null || this.#source === null) return null;
    const answer = this.#lease.read();
    const wait = findRateWait(answer, tokens, this.#source.declaredTokens);
    if (wait === null) {
      this.#waitsSince = null;
      return null;
    }
    const now = this.#source.elapsed();
    this.#waitsSince ??= now;
    const waitMaxMs = answer?.kind === 'unknown' ? unknownMaxMs : ownWaitMaxMs;
    if (wait.callTokens === null && now - this.#waitsSince < waitMaxMs) return 'wait';
    return { kind: 'without_rate', ...wait };
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
