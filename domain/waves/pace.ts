// How many realtime calls may run at once. The limit grows slowly while calls succeed, and halves when the provider limits the rate.

export interface Pace {
  readonly limit: number;
  /** Answers since the limit last changed. */
  readonly calm: number;
  /** No call starts before this (milliseconds). */
  readonly notBefore: number;
}

export const startingPace = (concurrency: number): Pace => ({ limit: Math.min(concurrency, 4), calm: 0, notBefore: 0 });

export function afterAnswer(pace: Pace, concurrencyMax: number): Pace {
  const calm = pace.calm + 1;
  return calm < pace.limit ? { ...pace, calm } : { ...pace, limit: Math.min(concurrencyMax, pace.limit + 1), calm: 0 };
}

export function afterRefusal(pace: Pace, now: number, waitMs: number): Pace {
  return { limit: Math.max(1, Math.floor(pace.limit / 2)), calm: 0, notBefore: Math.max(pace.notBefore, now + waitMs) };
}

/** Calls and tokens of the last minute, for `rpm` and `tpm`. */
export interface Spent {
  readonly at: number;
  readonly tokens: number;
}

const minuteMs = 60_000;

/** How long to wait until one more call fits under both limits; 0 if it fits now. `spent` holds the last minute, oldest first. */
export function waitForRoomMs(
  spent: readonly Spent[],
  tokens: number,
  now: number,
  rpm: number | null,
  tpm: number | null,
): number {
  let wait = 0;
  if (rpm !== null && spent.length >= rpm) {
    const leaves = spent[spent.length - rpm];
    if (leaves !== undefined) wait = Math.max(wait, leaves.at + minuteMs - now);
  }
  if (tpm !== null) {
    let over = spent.reduce((sum, call) => sum + call.tokens, 0) + tokens - tpm;
    for (const call of spent) {
      if (over <= 0) break;
      over -= call.tokens;
      wait = Math.max(wait, call.at + minuteMs - now);
    }
  }
  return Math.max(0, wait);
}

export const withoutOld = (spent: readonly Spent[], now: number): readonly Spent[] =>
  spent.filter(({ at }) => at + minuteMs > now);
