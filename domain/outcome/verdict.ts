// What to do with an item after an outcome, by reason. The table is data: the job's first activity returns it, and every decision uses that
// copy, so that a deploy does not change the decisions of a running job.

import type { ItemReason } from './outcome.ts';

/**
 * retry: sent again in each round. once: one more attempt, then failed with its reason. fail: never sent again.
 * deadline: the job's `deadline.then` decides.
 */
export type Verdict = 'retry' | 'once' | 'fail' | 'deadline';

export type VerdictPolicy = Readonly<Record<ItemReason, Verdict>>;

export const defaultVerdicts = {
  rate_limited: 'retry',
  overloaded: 'retry',
  provider_error: 'retry',
  timeout: 'retry',
  expired: 'retry',
  cancelled: 'retry',
  deadline: 'deadline',
  missing: 'retry',
  unreadable: 'retry',
  batch_failed: 'retry',
  oversized: 'retry',
  capacity: 'deadline',
  truncated: 'once',
  refused: 'once',
  filtered: 'once',
  paused_turn: 'once',
  empty_output: 'once',
  invalid_output: 'once',
  bad_request: 'fail',
  not_found: 'fail',
  too_large: 'fail',
  // For single items these mean that the key or the account changed while the batch ran, so another round may succeed.
  unauthorized: 'retry',
  no_money: 'retry',
  budget: 'fail',
  not_approved: 'fail',
  in_doubt: 'fail',
} as const satisfies VerdictPolicy;

/** The policy of a job. Without a second attempt at flawed answers, all that a provider answers is final. */
export const choosePolicy = ({ flawed = true }: { readonly flawed?: boolean }): VerdictPolicy =>
  flawed ? defaultVerdicts : { ...defaultVerdicts, ...flawedIsFinal };

const flawedIsFinal = {
  truncated: 'fail',
  refused: 'fail',
  filtered: 'fail',
  paused_turn: 'fail',
  empty_output: 'fail',
  invalid_output: 'fail',
} as const satisfies Partial<VerdictPolicy>;

/** Whether an item with this reason may be sent again. `flawedAttempts` counts earlier attempts whose answer was cut, refused or invalid. */
export function isRetryable(reason: ItemReason, flawedAttempts: number, policy: VerdictPolicy): boolean {
  const verdict = policy[reason];
  return verdict === 'retry' || verdict === 'deadline' || (verdict === 'once' && flawedAttempts === 0);
}
