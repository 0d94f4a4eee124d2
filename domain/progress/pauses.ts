// The reasons why a job is paused, as a set in the order in which they came. Each is lifted by its own remedy, and the job continues when none
// is left. Pure.

import { type Trouble, troubles } from './events.ts';
import type { JobPhase, Pause, PauseReason } from './status.ts';

export type Pauses = readonly Pause[];

export const troubleNotes: Readonly<Record<Trouble, string>> = {
  unauthorized: 'the provider refuses the key: give the worker a working one, then resume',
  forbidden: 'the key may not do this: give it the permission, then resume',
  no_money: 'the account has no credit or met its spend limit: raise it, then resume',
  wrong_account:
    "the provider knows none of this job's batches, or the account has another bucket than when they were made: give the worker the key and bucket that made them, then resume; if they are gone for good, resume all the same",
  wrong_region:
    "the worker's account is bound to another region than when the job began: give it back its region, then resume",
};

/** The updates that lift a reason. */
export type Remedy = 'resume' | 'setBudget' | 'approve';

/** The same set if the reason already holds: its first note and time stay. */
export const addPause = (pauses: Pauses, pause: Pause): Pauses =>
  pauses.some(({ reason }) => reason === pause.reason) ? pauses : [...pauses, pause];

/** The same set if the remedy lifts none of them. */
export function liftPauses(pauses: Pauses, remedy: Remedy): Pauses {
  const left = pauses.filter(({ reason }) => findRemedy(reason) !== remedy);
  return left.length === pauses.length ? pauses : left;
}

export function findRemedy(reason: PauseReason): Remedy {
  if (reason === 'budget') return 'setBudget';
  return reason === 'approval' ? 'approve' : 'resume';
}

/** A budget holds back only what is not started: the cost of a started batch is reserved. */
export const holdsBatches = (pauses: Pauses): boolean => pauses.some(({ reason }) => reason !== 'budget');

/** Whether the job starts nothing more in any case, because it was cancelled, has passed its deadline or is at its end. */
export interface Ending {
  readonly phase: JobPhase;
  readonly isEnding: boolean;
}

/**
 * The reasons that still hold something back. A job that only ends starts nothing that a person or a budget could hold back, but a batch in
 * trouble still waits to be resumed. After its last batch, nothing waits.
 */
export function listHolding(pauses: Pauses, ending: Ending): Pauses {
  if (ending.phase === 'merging' || ending.phase === 'done') return [];
  return onlyEnds(ending) ? pauses.filter(({ reason }) => troubles.some((trouble) => trouble === reason)) : pauses;
}

/** `paused` takes the place of the job's phase as long as the job would start something. */
export const choosePhase = (pauses: Pauses, ending: Ending): JobPhase =>
  pauses.length > 0 && !onlyEnds(ending) ? 'paused' : ending.phase;

export const onlyEnds = ({ phase, isEnding }: Ending): boolean =>
  isEnding || phase === 'cancelling' || phase === 'merging' || phase === 'done';

/** Whether the next step of a rollout was not let through. */
export const holdsRollout = (pauses: Pauses): boolean =>
  pauses.some(({ reason }) => reason === 'rollout' || reason === 'approval');
