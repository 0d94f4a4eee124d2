// The Temporal server's time, as one attempt of an activity knows it. Workers' clocks may differ by hours and may be set while they run, so a
// time that others compare with theirs never comes from a worker's own clock.

import { activityInfo } from '@temporalio/activity';
import type { ActivityDeps } from './deps.ts';

export interface Clock {
  /** When the attempt was scheduled. */
  readonly startedAt: number;
  /** Milliseconds since 1970. Behind by the time that the attempt waited for a worker; never ahead. */
  now(): number;
  /** The most whole milliseconds that are left until a time of this clock: 0 or less if it is over. */
  leftUntil(time: number): number;
}

/** Call it first in an activity: the time before the call is not counted. */
export function startClock({ elapsed, now }: Pick<ActivityDeps, 'elapsed' | 'now'>): Clock {
  const startedAt = activityInfo().currentAttemptScheduledTimestampMs;
  const [firstElapsed, firstNow] = [elapsed(), now()];
  const measure = (): number => elapsed() - firstElapsed;
  return {
    startedAt,
    now: () => startedAt + Math.floor(measure()),
    // Monotonic time stops while a machine sleeps; the worker's clock does not. If either shows that the time is over, the attempt is late.
    leftUntil: (time) => Math.floor(time - startedAt - Math.max(measure(), now() - firstNow)),
  };
}
