// The one table of what is done about what went wrong. It is data: the job's first activity hands it to everything that decides.

import type { ItemReason } from './outcome.ts';

/**
 * retry: as often as there are rounds. once: one more try, then failed with its reason. fail: never sent again.
 * deadline: as the job's `deadline.then` says.
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
  // Item by item these mean that the key or the account changed while the batch ran: another round may well pass.
  unauthorized: 'retry',
  no_money: 'retry',
  budget: 'fail',
  in_doubt: 'fail',
} as const satisfies VerdictPolicy;

/** Whether an item with this reason may be sent again; `semantic` counts its earlier answers that were cut, refused or invalid. */
export function isRetryable(reason: ItemReason, semantic: number, policy: VerdictPolicy): boolean {
  const verdict = policy[reason];
  return verdict === 'retry' || verdict === 'deadline' || (verdict === 'once' && semantic === 0);
}
