// The state of a queue: what waits, and the flushes that are not over. It is handed from run to run, so all of it is bounded.

import type { Timing } from '../job.ts';
import type { TaskPriority } from '../sharing.ts';
import type { Delivery } from './delivery.ts';

/** A queue's id is this and its name. */
export const queueIdPrefix = 'queue/';
export const flushWorkflowId = (queue: string, flush: number): string => `${queueIdPrefix}${queue}/flush-${flush}`;

const megabyte = 1024 * 1024;

/** A delivery with more items, or a flush of more, is a dataset of its own. */
export const flushItemsMax = 50_000;
export const flushBytesMax = 200 * megabyte;
/** Items that a person adds by hand stay in Temporal's history. */
export const inlineItemsMax = 100;
export const inlineBytesMax = 64 * 1024;

/** So many deliveries that wait for a flush are known by name, and so many urgent ones. The others are in the store, where a flush finds them. */
export const knownMax = 500;
/** A flush takes at most so many deliveries: their names are in Temporal's history. */
export const takenMax = 5_000;
/** So many flushes may be open, with those that failed and the urgent ones: then nothing more is flushed. */
export const openMax = 300;
/** Of the words why a flush failed, so many characters are kept. */
export const failureCharsMax = 500;
/** So many flushes that have ended are shown. */
export const shownMax = 20;
/** So many flushes are looked at when a queue is started again. */
export const recoveredMax = 2_000;
/** So many items may be taken out by name between two flushes, out of so many deliveries together. */
export const removalsMax = 100;
export const removedFromMax = 1_000;

/** When items that wait become a job. */
export interface FlushPolicy {
  /** As soon as so many items wait. No flush has more, unless one delivery has. */
  readonly items: number;
  readonly bytes: number;
  /** As soon as an item has waited for so long. */
  readonly ageMs: number;
  /** At each multiple of this time since 1970, e.g. on the hour; null: never. */
  readonly everyMs: number | null;
}

export interface QueueSettings {
  readonly name: string;
  /** The folder of the queue, with a slash at its end. */
  readonly output: string;
  readonly flush: FlushPolicy;
  /** The most flushes that run at the same time. Urgent ones are not counted. */
  readonly concurrency: number;
  /** How long the id of an item is remembered. */
  readonly rememberMs: number;
  /** From the time at which an item is accepted to its answer. Absent: nobody is told what is late. */
  readonly slaMs?: number;
  readonly priority: TaskPriority;
  readonly timing: Timing;
  readonly historyEventsMax: number;
}

/** A person's wish that an item is not sent. It holds for these deliveries only: a later item may have the same id. */
export interface Removal {
  readonly id: string | number;
  readonly deliveries: readonly string[];
}

export interface OpenFlush {
  readonly flush: number;
  readonly items: number;
  readonly isUrgent: boolean;
  readonly startedAt: number;
  /** When the oldest of its items was accepted. Absent if that is not known: an earlier queue started it. */
  readonly oldestAt?: number;
  /** It takes longer than the `sla`, and the alert was raised. Absent: not so far. */
  readonly isLate?: true;
  /** Its job ended without delivering: a person decides. Null while it runs. */
  readonly failure: string | null;
}

export type FlushEnd = 'completed' | 'cancelled' | 'empty';

export interface EndedFlush {
  readonly flush: number;
  readonly items: number;
  readonly end: FlushEnd;
  readonly endedAt: number;
  /** Null if the job left no report. */
  readonly answered: number | null;
  readonly failed: number | null;
  readonly usd: number | null;
  /** How long the item that waited longest took, from its acceptance to the end of the job. Absent if that is not known. */
  readonly longestMs?: number;
}

export interface QueueTotals {
  readonly accepted: number;
  readonly refused: number;
  readonly removed: number;
  /** Items whose id had come before. */
  readonly duplicates: number;
  readonly flushed: number;
  /** Items of flushes that ended later than the `sla`. Absent if an earlier version carried the queue over. */
  readonly late?: number;
}

/** What a person has asked for. */
export type QueueMode = 'open' | 'paused' | 'draining';

export interface QueueState {
  readonly settings: QueueSettings;
  readonly mode: QueueMode;
  /** In the order in which they came: the oldest ones, and the oldest urgent ones. */
  readonly waiting: readonly Delivery[];
  /** Deliveries in the store that are not known by name. */
  readonly beyond: { readonly deliveries: number; readonly items: number; readonly bytes: number };
  readonly removals: readonly Removal[];
  /** Of the next flush. */
  readonly nextFlush: number;
  readonly open: readonly OpenFlush[];
  /** The newest first. */
  readonly ended: readonly EndedFlush[];
  readonly totals: QueueTotals;
  /** A person wants everything to be flushed now that came until then. */
  readonly flushUntil: number | null;
}

export const noTotals: QueueTotals = { accepted: 0, refused: 0, removed: 0, duplicates: 0, flushed: 0, late: 0 };
