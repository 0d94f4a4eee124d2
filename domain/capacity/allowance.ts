// How much the realtime lane may use of its provider: requests and tokens a minute, calls at the same time, and when the next call may begin.
// Pure and plain JSON: passed from call to call, from chunk to chunk and from batch to batch. Its times belong to one clock.

import type { JobSpec } from '../job.ts';

/** Limits that a person sets. A limit may change between two calls and applies from then on. */
export type LaneLimits = JobSpec['realtime'];

export interface Allowance {
  /** Calls in progress at the same time. It grows slowly while calls are answered, and halves when the provider limits the rate. */
  readonly pace: number;
  /** Answers since the pace last changed. */
  readonly calm: number;
  /** No call begins before this. */
  readonly notBefore: number;
  /** Calls of the last minute, summed by the second; oldest first. Empty if there is no limit by the minute. */
  readonly seconds: readonly CallSum[];
}

/** Calls that began within one second from `at`. */
export interface CallSum {
  readonly at: number;
  readonly calls: number;
  readonly tokens: number;
}

const startingPace = 4;
const secondMs = 1000;
/** Calls take different times to reach the provider, which counts them when they arrive. */
const marginMs = 500;
/** A call may begin at the very end of its second, so a second counts until even that call is a minute old. */
const countedMs = 60_000 + secondMs + marginMs;
/**
 * The share of a minute's limit that one second may use. Without it, a whole minute's calls would begin together after each wait, which
 * vendors refuse. It is above a sixtieth, so that the lane catches up after a wait.
 */
const shareOfSecond = 1 / 40;

export const openAllowance: Allowance = { pace: startingPace, calm: 0, notBefore: 0, seconds: [] };

/** How many calls may run at the same time. */
export const countPlaces = ({ pace }: Allowance, { concurrency }: LaneLimits): number => Math.min(pace, concurrency);

/**
 * The earliest time from `now` on at which a call of so many tokens may begin, if no other call begins before. A call that alone is larger than
 * the limit begins when no other call counts any more.
 */
export function findStart(allowance: Allowance, tokens: number, limits: LaneLimits, now: number): number {
  const earliest = Math.max(now, allowance.notBefore);
  const { seconds } = allowance;
  if (isWithin(seconds, tokens, limits, earliest)) return earliest;
  const changes = seconds.flatMap(({ at }) => [at + secondMs, at + countedMs]).filter((time) => time > earliest);
  return changes.toSorted((a, b) => a - b).find((time) => isWithin(seconds, tokens, limits, time)) ?? earliest;
}

export function countCall(allowance: Allowance, tokens: number, { rpm, tpm }: LaneLimits, now: number): Allowance {
  if (rpm === null && tpm === null) return allowance;
  const counted = listCounted(allowance.seconds, now);
  const last = counted.at(-1);
  const seconds =
    last !== undefined && now < last.at + secondMs
      ? [...counted.slice(0, -1), { ...last, calls: last.calls + 1, tokens: last.tokens + tokens }]
      : [...counted, { at: now, calls: 1, tokens }];
  return { ...allowance, seconds };
}

export function afterAnswer(allowance: Allowance, limits: LaneLimits): Allowance {
  const calm = allowance.calm + 1;
  if (calm < allowance.pace) return { ...allowance, calm };
  return { ...allowance, pace: Math.min(limits.concurrency, allowance.pace + 1), calm: 0 };
}

/** The provider limits the rate: fewer calls at the same time, and none before it allows one. */
export function afterRefusal(allowance: Allowance, waitMs: number, now: number): Allowance {
  const notBefore = Math.max(allowance.notBefore, now + waitMs);
  return { ...allowance, pace: Math.max(1, Math.floor(allowance.pace / 2)), calm: 0, notBefore };
}

/** The same allowance for a clock that is ahead of the previous one by this much. */
export function shiftAllowance(allowance: Allowance, ms: number): Allowance {
  const seconds = allowance.seconds.map((sum) => ({ ...sum, at: sum.at + ms }));
  return { ...allowance, notBefore: allowance.notBefore + ms, seconds };
}

const listCounted = (seconds: readonly CallSum[], now: number): readonly CallSum[] =>
  seconds.filter(({ at }) => now < at + countedMs);

function isWithin(seconds: readonly CallSum[], tokens: number, { rpm, tpm }: LaneLimits, time: number): boolean {
  const counted = listCounted(seconds, time);
  const current = counted.filter(({ at }) => time < at + secondMs);
  return (
    isCountWithin(sumUp(counted), tokens, { rpm, tpm }) &&
    isCountWithin(sumUp(current), tokens, { rpm: limitSecond(rpm), tpm: limitSecond(tpm) })
  );
}

const limitSecond = (limit: number | null): number | null => (limit === null ? null : Math.ceil(limit * shareOfSecond));

const sumUp = (sums: readonly CallSum[]): Pick<CallSum, 'calls' | 'tokens'> => ({
  calls: sums.reduce((sum, { calls }) => sum + calls, 0),
  tokens: sums.reduce((sum, each) => sum + each.tokens, 0),
});

/** A call that is too large for the limit begins alone, so that it does not wait for ever. */
const isCountWithin = (
  sum: Pick<CallSum, 'calls' | 'tokens'>,
  tokens: number,
  { rpm, tpm }: Pick<LaneLimits, 'rpm' | 'tpm'>,
): boolean => (rpm === null || sum.calls < rpm) && (tpm === null || sum.tokens === 0 || sum.tokens + tokens <= tpm);
