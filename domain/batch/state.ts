// A provider's batch in our own words, whatever the vendor calls its states.

import type { NamedLimit } from '../capacity/window.ts';

/**
 * The usual order is validating, running, finalizing, ended. After a cancel request, cancelling comes before ended. Each vendor maps its
 * own words to the nearest of these; a word that the vendor's code does not know means that the batch is still open.
 */
export const batchPhases = ['validating', 'running', 'finalizing', 'cancelling', 'ended'] as const;
export type BatchPhase = (typeof batchPhases)[number];

/** How a batch ended. An ending alone says nothing of single items: each vendor's `endings.ts` says what it proves. */
export const batchEndings = ['completed', 'expired', 'cancelled', 'failed'] as const;
export type BatchEnding = (typeof batchEndings)[number];

/** Names a batch at its provider. Plain JSON: it is stored, and crosses Temporal. */
export interface BatchHandle {
  readonly id: string;
  /** When the provider made it, in milliseconds. */
  readonly createdAt: number;
  /** The uploaded file it was made from, where the provider has files. */
  readonly fileId: string | null;
  /** The number of its requests, where the provider counts fewer while it still takes them in. */
  readonly requests?: number;
}

/** The upload that the batch is created from; null where the create carries everything. */
export interface Staged {
  readonly fileId: string | null;
}

export interface BatchView {
  readonly phase: BatchPhase;
  readonly ending: BatchEnding | null;
  /** The provider's own word. */
  readonly status: string;
  /** Null where the provider shows no progress. */
  readonly counts: { readonly total: number; readonly done: number; readonly failed: number } | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly expiresAt: number | null;
  /** Why it `failed`. At most 100. */
  readonly errors: readonly BatchError[];
  /** The provider's copies, to be deleted in the end. */
  readonly files: readonly string[];
  /** The files of output that it names; empty if it names none (yet). */
  readonly outputs: readonly string[];
}

/** Why a provider refused a batch after creating it, before it ran anything. Each vendor's `faults.ts` maps its codes to these. */
export const batchFailures = [
  /** The provider has no room for it now. */
  'capacity',
  /** The account has no credit or has met its limit. */
  'no_money',
  /** The provider cannot find the uploaded file. */
  'file_missing',
  /** Something that all items share, such as the model: sending the batch again unchanged would fail the same way. */
  'whole_batch',
  /** The check before the run found something wrong with the file; the lines that the errors name are to blame. */
  'invalid',
  /** Anything else. It does not prove that nothing ran. */
  'other',
] as const;
export type BatchFailure = (typeof batchFailures)[number];

export interface BatchError {
  readonly reason: BatchFailure;
  /** Counts from 1 in the requests file; null where the error concerns no single line. */
  readonly line: number | null;
  /** The limit that the provider had no room within, if it named one. */
  readonly limit?: NamedLimit | null;
  /** The vendor's own message, for the store alone. Absent if there is none. */
  readonly detail?: string;
}

/** What to do with a batch that failed before it ran anything. Nothing was billed. */
export type UnrunAction = 'wait_for_capacity' | 'ask_a_person' | 'upload_again' | 'give_back';

const actions: Readonly<Partial<Record<BatchFailure, UnrunAction>>> = {
  capacity: 'wait_for_capacity',
  no_money: 'ask_a_person',
  file_missing: 'upload_again',
};

/** The first error that allows another try decides. */
export function chooseUnrunAction(errors: readonly BatchError[]): UnrunAction {
  for (const { reason } of errors) {
    const action = actions[reason];
    if (action !== undefined) return action;
  }
  return 'give_back';
}

/** The limit that a batch was refused for; null if none is named. */
export const findNamedLimit = (errors: readonly BatchError[]): NamedLimit | null =>
  errors.find(({ limit }) => limit != null)?.limit ?? null;

/** Which lines of a failed batch are to blame; 'all' where every one is. The items of the others are sent again in the next wave. */
export function blamedLines(errors: readonly BatchError[]): 'all' | ReadonlySet<number> {
  if (errors.some(({ reason, line }) => line === null && reason === 'whole_batch')) return 'all';
  return new Set(errors.flatMap(({ line }) => (line === null ? [] : [line])));
}

/** Tenths of a batch that are done: the parent is notified of each once. */
export function tenthsDone(view: BatchView): number {
  if (view.counts === null || view.counts.total === 0) return 0;
  return Math.floor((10 * (view.counts.done + view.counts.failed)) / view.counts.total);
}

/** Whether every error of a failed batch comes from the check before the run, so that nothing of it ran. */
export const isRefusedUnrun = (errors: readonly BatchError[]): boolean =>
  errors.length > 0 && errors.every(({ reason }) => reason !== 'other');
