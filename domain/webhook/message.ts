// The messages that receivers get: their kinds, their ids and what is in them. No message has a row, a prompt or an answer.

import type { Tally } from '../outcome/outcome.ts';
import { findRemedy, type Pauses, type Remedy } from '../progress/pauses.ts';
import type { PauseReason } from '../progress/status.ts';
import type { WebhookEvent } from './events.ts';

export interface WebhookMessage {
  /** The same at each attempt, so that a receiver can drop what it has. In the order of time. */
  readonly id: string;
  readonly url: string;
  /** The exact text that is sent and signed. */
  readonly body: string;
}

interface OfJob {
  readonly job: string;
  readonly run: string;
}

export interface JobEnd extends OfJob {
  readonly state: 'completed' | 'cancelled' | 'failed';
  /** The next fields are null if the job ended without a report. */
  readonly verdict: string | null;
  readonly answered: number | null;
  readonly failed: number | null;
  readonly usd: number | null;
  readonly results: string | null;
  readonly report: string | null;
}

interface JobPause extends OfJob {
  /** In the order in which they came. The job continues when none is left. */
  readonly pauses: readonly {
    readonly reason: PauseReason;
    readonly since: string;
    readonly note: string;
    /** What lifts it. */
    readonly remedy: Remedy;
  }[];
}

/** A batch as the job's log numbers it. */
interface NumberedBatch {
  readonly number: number;
  readonly wave: number;
  readonly batch: number;
}

interface CollectedBatches extends OfJob {
  readonly batches: readonly (NumberedBatch & {
    /** The next fields are null if the files of the batch are gone. */
    readonly answered: number | null;
    /** Items without an answer from this batch: a later wave may send them again. */
    readonly failed: number | null;
    /** Over the items whose cost is known; null if it is known of none. */
    readonly usd: number | null;
  })[];
}

/** What a message is about, by its kind. */
interface MessageData {
  readonly 'job.ended': JobEnd;
  readonly 'job.paused': JobPause;
  readonly 'job.resumed': OfJob;
  readonly 'batch.collected': CollectedBatches;
}

/** A message about batches whose figures are on disk: its delivery reads them first, so that the job does not have to. */
export interface CollectedNotice extends OfJob {
  readonly id: string;
  readonly url: string;
  readonly at: number;
  readonly output: string;
  readonly batches: readonly NumberedBatch[];
}

const timeDigits = 12;

/** `mark` keeps apart what different jobs say at the same instant: hex digits. A job says nothing twice at the same instant. */
export const nameMessage = (at: number, mark: string): string =>
  `msg_${at.toString(16).padStart(timeDigits, '0')}${mark}`;

/** When a message is made. Two of one job never have the same time, so their ids are in the order in which they were made. */
export const chooseMessageTime = (now: number, last: number): number => Math.max(now, last + 1);

export function describeMessage<Event extends WebhookEvent>(
  { id, url, at }: { readonly id: string; readonly url: string; readonly at: number },
  type: Event,
  data: MessageData[Event],
): WebhookMessage {
  return { id, url, body: JSON.stringify({ type, timestamp: new Date(at).toISOString(), data }) };
}

export const describePauses = (pauses: Pauses): JobPause['pauses'] =>
  pauses.map(({ reason, since, note }) => ({
    reason,
    since: new Date(since).toISOString(),
    note,
    remedy: findRemedy(reason),
  }));

/** The tallies are in the order of the batches. */
export function describeCollected(
  { batches, job, run, ...message }: CollectedNotice,
  tallies: readonly (Pick<Tally, 'items' | 'answered' | 'costUsd'> | null)[],
): WebhookMessage {
  const figures = batches.map((batch, index) => {
    const tally = tallies[index] ?? null;
    const answered = tally?.answered ?? null;
    const failed = tally === null ? null : tally.items - tally.answered;
    return { ...batch, answered, failed, usd: tally?.costUsd ?? null };
  });
  return describeMessage(message, 'batch.collected', { job, run, batches: figures });
}
