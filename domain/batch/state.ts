// A provider's batch as seen from here, whatever the vendor calls its states.

/**
 * The usual order is validating, running, finalizing, ended. After a cancel request, cancelling comes before ended. Each vendor maps its
 * own words to the nearest of these; a word that the vendor's code does not know means that the batch is still open.
 */
export const batchPhases = ['validating', 'running', 'finalizing', 'cancelling', 'ended'] as const;
export type BatchPhase = (typeof batchPhases)[number];

/** How a batch ended. An ending says nothing about single items, so output is read in every case except `failed`. */
export const batchEndings = ['completed', 'expired', 'cancelled', 'failed'] as const;
export type BatchEnding = (typeof batchEndings)[number];

/** What names a batch at its provider. Plain JSON: it is stored, and crosses Temporal. */
export interface BatchHandle {
  readonly id: string;
  /** When the provider made it, in milliseconds. */
  readonly createdAt: number;
  /** The uploaded file it was made from, where the provider has files. */
  readonly fileId: string | null;
}

/** What was put at the provider before the batch is created; null where the create carries everything. */
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
  /** Why it `failed`, as the provider's codes; a line counts from 1 in the requests file. At most 100. */
  readonly errors: readonly BatchError[];
  /** The provider's copies, to be deleted in the end. */
  readonly files: readonly string[];
}

export interface BatchError {
  readonly code: string;
  readonly line: number | null;
}

/** What to do with a batch that failed before it ran anything. Nothing was billed. */
export type FailedBatchAction = 'wait_for_capacity' | 'ask_a_person' | 'stage_again' | 'give_items_back';

const actionByCode: Readonly<Record<string, FailedBatchAction>> = {
  token_limit_exceeded: 'wait_for_capacity',
  too_many_tasks: 'wait_for_capacity',
  rate_limit_exceeded: 'wait_for_capacity',
  billing_hard_limit_reached: 'ask_a_person',
  insufficient_quota: 'ask_a_person',
  file_not_found: 'stage_again',
};

export function failedBatchAction(errors: readonly BatchError[]): FailedBatchAction {
  for (const { code } of errors) {
    const action = actionByCode[code];
    if (action !== undefined) return action;
  }
  return 'give_items_back';
}

/** Codes that condemn the whole batch: sending it again unchanged would fail the same way. */
const wholeBatchCodes = new Set([
  'model_not_found',
  'url_mismatch',
  'model_mismatch',
  'invalid_url',
  'invalid_model',
  'invalid_endpoint',
]);

/** Which lines of a failed batch are to blame; 'all' where every one is. The others go on in the next wave. */
export function blamedLines(errors: readonly BatchError[]): 'all' | ReadonlySet<number> {
  if (errors.some(({ code, line }) => line === null && wholeBatchCodes.has(code))) return 'all';
  return new Set(errors.flatMap(({ line }) => (line === null ? [] : [line])));
}

/** Tenths of a batch that are done: the parent hears of each once. */
export function tenthsDone(view: BatchView): number {
  if (view.counts === null || view.counts.total === 0) return 0;
  return Math.floor((10 * (view.counts.done + view.counts.failed)) / view.counts.total);
}
