// Every message between a queue, those who deliver to it, and people.

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Json } from '../../domain/outcome/outcome.ts';
import type { QueuePage } from '../../domain/queue/page.ts';

/** Items by hand, or a file of the store. `urgent` items do not wait for others. */
export type AddInput = { readonly urgent?: boolean } & (
  | { readonly items: readonly Json[]; readonly uri?: never; readonly refusals?: never }
  | {
      readonly uri: string;
      readonly items?: never;
      /** A file that gets all refusals, one a line, if there are more than the answer names. */
      readonly refusals?: string;
    }
);

export interface Added {
  readonly accepted: number;
  readonly refused: number;
  readonly refusals: readonly { readonly line: number; readonly reason: string; readonly message: string }[];
}

export const addUpdate = defineUpdate<Added, [AddInput]>('add');

// From a person

export const removeUpdate = defineUpdate<QueuePage, [{ readonly id: string | number }]>('remove');
export const flushUpdate = defineUpdate<QueuePage, []>('flush');
export const pauseQueueUpdate = defineUpdate<QueuePage, []>('pause');
export const resumeQueueUpdate = defineUpdate<QueuePage, []>('resume');
/** Takes nothing more, flushes everything, and ends when all flushes have ended. */
export const drainUpdate = defineUpdate<QueuePage, []>('drain');
/** Starts the job of a failed flush again. */
export const retryFlushUpdate = defineUpdate<QueuePage, [{ readonly flush: number }]>('retry');
export const queueQuery = defineQuery<QueuePage>('queue');

/** From a schedule, by way of `flushQueue`. */
export const flushSignal = defineSignal('flushNow');
