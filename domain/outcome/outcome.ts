// The outcome of an item in a wave, and its reason: the closed list of reasons that users script against.

import type { CustomId, ItemKey, RowId, RowNumber } from '../ids.ts';
import type { Usage } from './usage.ts';

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** How a batch is answered: by the provider's batch API, or by its synchronous API. */
export const lanes = ['batch', 'realtime'] as const;
export type Lane = (typeof lanes)[number];

/** Why an item is not answered. Each has a verdict in `verdict.ts` and a line in docs/reasons.md. */
export const itemReasons = [
  'rate_limited',
  'overloaded',
  'provider_error',
  'timeout',
  'expired',
  'cancelled',
  'deadline',
  'missing',
  'unreadable',
  'batch_failed',
  'oversized',
  'capacity',
  'truncated',
  'refused',
  'filtered',
  'paused_turn',
  'empty_output',
  'invalid_output',
  'bad_request',
  'not_found',
  'too_large',
  'unauthorized',
  'no_money',
  'budget',
  'not_approved',
  'in_doubt',
] as const;
export type ItemReason = (typeof itemReasons)[number];

/** Why a row of the dataset is refused while planning. */
export const refusalReasons = [
  'malformed_json',
  'not_an_object',
  'ragged_row',
  'bad_file',
  'invalid_utf8',
  'row_too_large',
  'request_too_large',
  'missing_column',
  'template_failed',
  'rendering_too_large',
  'missing_id',
  'bad_id',
  'duplicate_id',
  'bad_request_line',
  'too_many_models',
  'unsupported',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** Why a row is not an item. */
export interface RowRefusal {
  readonly reason: RefusalReason;
  /** In our own words: it quotes nothing of the row. */
  readonly message: string;
  /** Absent if it could not be read. */
  readonly id?: RowId;
}

/** How a model stopped, in the same words for all vendors. */
export type Finish = 'stop' | 'length' | 'refused' | 'filtered' | 'paused';

/** The vendor's own message about a failed item, for the store alone: it may quote the row. Absent if there is none. */
export interface VendorDetail {
  readonly detail?: string;
}

/** A generated image as its provider sent it. */
export interface RawImage {
  /** The place of its entry in the response's list. */
  readonly entry: number;
  readonly base64: string | null;
  readonly url: string | null;
}

/** One line of a provider's output, understood but not yet judged. */
export type RawOutcome =
  | {
      readonly kind: 'answer';
      readonly customId: string;
      /** Null if the answer is empty, or is not text: then it is in `value` (a vector, a moderation result, tool calls). */
      readonly text: string | null;
      readonly value?: Json;
      /** Generated images. They are written to files, which the output and the response then name. */
      readonly images?: readonly RawImage[];
      readonly finish: Finish;
      readonly finishReason: string | null;
      readonly usage: Usage;
      /** Present if the vendor says that it ran in one region, where tokens may cost more. */
      readonly ranInRegion?: true;
      readonly model: string | null;
      readonly response: Json;
    }
  | ({ readonly kind: 'error'; readonly customId: string; readonly reason: ItemReason } & VendorDetail)
  | ({
      readonly kind: 'unrun';
      readonly customId: string;
      readonly why: 'expired' | 'cancelled' | 'timeout';
    } & VendorDetail)
  | { readonly kind: 'unreadable' };

/** One line of `batch-NNNN.items.jsonl`: which row an item is of. */
export interface ItemLine {
  readonly row: RowNumber;
  readonly id: RowId;
  readonly key: ItemKey;
  readonly customId: CustomId;
  /** Earlier attempts whose answer was cut, refused or invalid. On disk the key is `semantic`. */
  readonly flawedAttempts?: number | undefined;
}

/** The state of an item after a wave that sent it. */
export const outcomeKinds = ['answered', 'retryable', 'rejected'] as const;
export type OutcomeKind = (typeof outcomeKinds)[number];

/** The result of one attempt at an item. */
export interface Outcome extends VendorDetail {
  readonly kind: OutcomeKind;
  readonly reason?: ItemReason;
  readonly message?: string;
  readonly output?: Json;
  readonly usage: Usage | null;
  readonly costUsd: number | null;
  readonly finishReason: string | null;
  readonly model: string | null;
  readonly response?: Json;
}

/** One line of `answers/wave-N/batch-NNNN.jsonl`: an item with its outcome in that wave, in row order. */
export interface AnswerLine extends ItemLine, Outcome {
  /** Where an item that `reuse` carried over was sent. Both are null if it was in doubt without a batch that is known. */
  readonly carried?: { readonly lane: Lane | null; readonly batchId: string | null };
}

export type Counts = Readonly<Partial<Record<ItemReason, number>>>;

/** Attempts of unknown cost: without usage, at no known price, in doubt, or lost. `usd` is what they were estimated to cost. */
export interface Unpriced {
  readonly items: number;
  readonly usd: number | null;
}

/** What a batch returns to its parent workflow: counts, never rows. Written next to the answers as `batch-NNNN.tally.json`. */
export interface Tally {
  readonly wave: number;
  readonly batch: number;
  readonly lane: Lane;
  readonly model: string;
  readonly items: number;
  readonly answered: number;
  readonly retryable: Counts;
  readonly rejected: Counts;
  readonly usage: Usage;
  /** Over the items whose cost is known; null if it is known of none. */
  readonly costUsd: number | null;
  /** Absent in tallies of earlier versions. */
  readonly unpriced?: Unpriced;
  /** What the batch was estimated to cost; null if that is not known. Absent in tallies of earlier versions. */
  readonly estimatedUsd?: number | null;
  readonly batchId: string | null;
  /** The last state that the provider reported, in its own word, e.g. `completed`. */
  readonly ending: string | null;
  readonly createdAt: number | null;
  readonly endedAt: number | null;
  readonly polls: number;
  /** Why the provider refused the whole batch before it ran, in a word; absent or null if it did not. */
  readonly refusal?: string | null;
  /** If it was too large for the provider: the bytes of requests that a batch may have in its place. */
  readonly cutBytes?: number;
  /**
   * The places, from 1, of items that were answered after their chunk was closed without their answer, as by a worker that was taken for dead.
   * Absent if there is none.
   */
  readonly late?: readonly number[];
  readonly anomalies: Anomalies;
}

/** Mistakes of a provider, and calls that were in flight during a crash. They are counted and never fail a job. */
export interface Anomalies {
  readonly duplicateAnswers: number;
  readonly unknownAnswers: number;
  readonly unreadableLines: number;
  readonly missing: number;
  /** Missing items that ran, as far as is known, and are sent again. */
  readonly paidWithoutAnswer: number;
  /** Further batches that were found for the same submission, and were cancelled. */
  readonly twinBatches: number;
  /** Realtime calls that had no reply, or were in flight when a worker died, and were sent again. */
  readonly inDoubtCalls: number;
}

export const noAnomalies: Anomalies = {
  duplicateAnswers: 0,
  unknownAnswers: 0,
  unreadableLines: 0,
  missing: 0,
  paidWithoutAnswer: 0,
  twinBatches: 0,
  inDoubtCalls: 0,
};

export function sumCounts(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

export function addCounts(a: Counts, b: Counts): Counts {
  const sum: Partial<Record<ItemReason, number>> = { ...a };
  for (const reason of itemReasons) {
    const more = b[reason];
    if (more !== undefined) sum[reason] = (sum[reason] ?? 0) + more;
  }
  return sum;
}
