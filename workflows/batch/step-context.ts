// What a step of a batch needs from its driver.

import type { BatchEvent } from '../../domain/batch/events.ts';
import type { BatchBounds, BatchCase } from '../../domain/batch/machine.ts';
import type { BatchRun } from './batch-run.ts';

export interface StepContext {
  readonly run: BatchRun;
  readonly bounds: BatchBounds;
  readonly known: BatchCase;
  /** Rise when a running call is to stop: a pause or a deadline stops a call that sends something new, a cancellation stops any call. */
  readonly stops: number;
  readonly cancels: number;
  report(event: BatchEvent): void;
  /** Gives back room that the batch does not use. Returns whether it did: the coordinator must then be told. */
  yieldRoom(): boolean;
}
