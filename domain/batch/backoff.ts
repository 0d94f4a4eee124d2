// How long to wait before the next try, as pure functions of the number of earlier tries.

import type { PollPolicy } from '../job.ts';

/** After so many polls, a batch is polled at most once a minute, whatever the job asks for: a history may have 51,200 events. */
const quickPollsMax = 2000;
const slowPollMs = 60_000;

/** The wait before poll number `polls + 1`: grows from the initial to the longest. */
export function pollDelayMs(polls: number, policy: PollPolicy): number {
  const delay = Math.min(policy.maxMs, Math.round(policy.initialMs * policy.factor ** polls));
  return polls < quickPollsMax ? delay : Math.max(delay, slowPollMs);
}

/** When a batch created at `createdAt` is polled next, if polls take no time. */
export function computeNextPoll(createdAt: number, policy: PollPolicy, now: number): number {
  let at = createdAt;
  for (let polls = 0; at <= now; polls += 1) {
    const delay = pollDelayMs(polls, policy);
    at += delay;
    // From here on, all waits are equal.
    if (delay === policy.maxMs && at < now) at += delay * Math.floor((now - at) / delay);
  }
  return at;
}

/** The wait before retry round `round`, from 1: it doubles. */
export function roundDelayMs(round: number, backoffMs: number): number {
  return backoffMs * 2 ** (round - 1);
}

/** Why a call to a provider failed. */
export const faults = [
  'rate_limited',
  'overloaded',
  'server_error',
  'gateway_timeout',
  'timeout',
  'connection',
  'refused',
  'too_large',
  'not_found',
  'not_ready',
  'capacity',
  'unauthorized',
  'forbidden',
  'no_money',
  /** The provider finds none of the job's batches: the API key belongs to another account. */
  'wrong_account',
  /** The worker's account is bound to another region than when the job began. */
  'wrong_region',
  'broken_stream',
] as const;
export type Fault = (typeof faults)[number];

type Reaction =
  | { readonly kind: 'again'; readonly delaysMs: readonly number[]; readonly attemptsMax: number | null }
  | { readonly kind: 'trouble' }
  | { readonly kind: 'capacity' }
  | { readonly kind: 'final' };

const again = (seconds: readonly number[], attemptsMax: number | null): Reaction => ({
  kind: 'again',
  delaysMs: seconds.map((each) => each * 1000),
  attemptsMax,
});

/** A file that is named but not there is tried for some 17 minutes. */
export const notReadyAttemptsMax = 20;

/** What an operation does after a failed call: try again, ask a person, wait for capacity, or give up. */
export const reactionTo: Readonly<Record<Fault, Reaction>> = {
  rate_limited: again([60, 120, 240], null),
  overloaded: again([30, 60, 120, 240], null),
  server_error: again([30, 60, 120, 240], null),
  gateway_timeout: again([5, 15, 30, 60], null),
  timeout: again([5, 15, 30, 60], null),
  connection: again([1, 2, 5, 15, 30, 60], null),
  broken_stream: again([1, 5, 15, 30], null),
  not_ready: again([5, 10, 20, 40, 60], notReadyAttemptsMax),
  capacity: { kind: 'capacity' },
  unauthorized: { kind: 'trouble' },
  forbidden: { kind: 'trouble' },
  no_money: { kind: 'trouble' },
  wrong_account: { kind: 'trouble' },
  wrong_region: { kind: 'trouble' },
  refused: { kind: 'final' },
  too_large: { kind: 'final' },
  not_found: { kind: 'final' },
};

/** The wait after attempt number `attempt`, from 1: by the table, or as long as the provider asks for if that is longer. */
export function faultDelayMs(fault: Fault, attempt: number, retryAfterMs: number | null): number {
  const reaction = reactionTo[fault];
  if (reaction.kind !== 'again') return retryAfterMs ?? 0;
  const delay = reaction.delaysMs[Math.min(attempt, reaction.delaysMs.length) - 1] ?? 0;
  return Math.max(delay, retryAfterMs ?? 0);
}
