// Decides which batches of a coordinator may be at the provider: by what the job finds out alone, or by what the dispatcher grants.

import type { Grants } from '../../domain/dispatch/declaration.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import type { BatchNews, BatchState } from '../../domain/progress/events.ts';
import type { CapacityWait } from '../../domain/progress/status.ts';

export type GatedBatch = Pick<PlannedBatch, 'lane' | 'model' | 'estimate'>;

/** A provider that shows one of these states has room for the batch. */
export const acceptedStates: ReadonlySet<BatchState> = new Set(['running', 'finalizing', 'cancelling']);

export interface Gate {
  /** How many batches of this kind would start now if there were room. */
  offer(batch: GatedBatch, count: number): void;
  mayStart(batch: GatedBatch): boolean;
  start(workflowId: string, batch: GatedBatch): void;
  /** The tally is null if the batch's workflow never came to a result. */
  end(workflowId: string, model: string, tally: Tally | null): void;
  applyNews(workflowId: string, model: string, news: BatchNews): void;
  /** Batches that the provider will never have room for, with the share of each that fits. One that asks again is named again. */
  takeTooLarge(): readonly { readonly holder: string; readonly share: number }[];
  /** The batches that have room now, in the order in which they were refused: each must create again. */
  takeReady(): readonly string[];
  /** When time alone may next make room for a waiting batch; null if only an event can, or if no batch waits. */
  findRoomAt(): number | null;
  /** The batches that wait for room, by model; empty if none waits. */
  describeWaits(): readonly CapacityWait[];
  /** While its owner is paused, nothing that waits may start. */
  pause(isPaused: boolean): void;
  hear(grants: Grants): void;
  declareAgain(): void;
}

/** A batch that the provider has run may have ended before any poll saw it run. */
export const hasRun = (tally: Tally | null): boolean => tally !== null && tally.answered > 0;
