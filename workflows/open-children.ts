// The open children of a coordinator, and the signals that reach them.

import { CancellationScope, getExternalWorkflowHandle, log, type SignalDefinition } from '@temporalio/workflow';
import type { BatchEntry } from '../domain/progress/events.ts';
import {
  batchDeadlineSignal,
  endNowSignal,
  jobEndsSignal,
  nudgeSignal,
  pauseSignal,
  resumeSignal,
  roomSignal,
  tooLargeSignal,
} from './messages.ts';

export class OpenChildren {
  /** By workflow id: the entry of an open batch, or null for a segment. */
  readonly #open = new Map<string, BatchEntry | null>();
  /** Children that were notified of a pause by a person or by trouble. Only these must be told when it ends. */
  readonly #told = new Set<string>();
  #isPaused = false;
  /** The turn of the last pause or resume. */
  #turn = 0;

  get size(): number {
    return this.#open.size;
  }

  add(workflowId: string, entry: BatchEntry | null): void {
    this.#open.set(workflowId, entry);
  }

  /** A child was started with the pause in its input. */
  noteTold(workflowId: string): void {
    this.#told.add(workflowId);
  }

  remove(workflowId: string): void {
    this.#open.delete(workflowId);
    this.#told.delete(workflowId);
  }

  /** Pauses the segments, and the batches that may still upload or create. A further pause before `resume` signals nobody. */
  async pause(turn: number): Promise<void> {
    this.#turn = turn;
    if (this.#isPaused) return;
    this.#isPaused = true;
    await this.tellOfPause();
  }

  /** Pauses the children that must now know: if the provider fails a batch before it ran, the batch is created again. */
  async tellOfPause(): Promise<void> {
    if (!this.#isPaused) return;
    const untold = [...this.#open].filter(([id, entry]) => !this.#told.has(id) && (entry === null || mayCreate(entry)));
    const ids = untold.map(([id]) => id);
    for (const id of ids) this.#told.add(id);
    await this.#signal(ids, pauseSignal, this.#turn);
  }

  /** Signals the children that were notified of the pause, those in trouble, and every segment, which knows its batches. */
  async resume(turn: number): Promise<void> {
    this.#turn = turn;
    this.#isPaused = false;
    const waiting = [...this.#open].filter(
      ([id, entry]) => this.#told.has(id) || entry === null || entry.trouble !== null,
    );
    this.#told.clear();
    for (const [, entry] of waiting) {
      // A batch that waits for room, too, has still sent nothing.
      if (entry !== null && entry.trouble !== null) Object.assign(entry, { trouble: null, unsent: false });
    }
    await this.#signal(
      waiting.map(([id]) => id),
      resumeSignal,
      turn,
    );
  }

  endNow(): Promise<void> {
    return this.#signal([...this.#open.keys()], endNowSignal);
  }

  /** Temporal's own cancellation does not say whose it is. One that misses this signal takes no harm: the job settles what it leaves. */
  sayThatJobEnds(endBy: number): Promise<void> {
    return this.#signal([...this.#open.keys()], jobEndsSignal, endBy);
  }

  setBatchDeadline(ms: number): Promise<void> {
    return this.#signal([...this.#open.keys()], batchDeadlineSignal, ms);
  }

  giveRoom(workflowIds: readonly string[]): Promise<void> {
    return this.#signal(workflowIds, roomSignal);
  }

  endTooLarge(workflowId: string, share: number): Promise<void> {
    return this.#signal([workflowId], tooLargeSignal, share);
  }

  nudge(): Promise<void> {
    return this.#signal([...this.#open.keys()], nudgeSignal);
  }

  /** A child that has just ended cannot receive the signal and does not need it, so a failed signal is only logged. */
  async #signal<Args extends unknown[]>(
    ids: readonly string[],
    signal: SignalDefinition<Args>,
    ...args: Args
  ): Promise<void> {
    const send = (workflowId: string) => getExternalWorkflowHandle(workflowId).signal(signal, ...args);
    // A cancelled job must still reach its batches.
    const sent = await CancellationScope.nonCancellable(() => Promise.allSettled(ids.map(send)));
    const missed = sent.filter(({ status }) => status === 'rejected').length;
    if (missed > 0) log.info('some batches had ended before the signal', { signal: signal.name, missed });
  }
}

/** A pause does not affect a batch that the provider has created, until it waits to be created again. */
const mayCreate = ({ batchId, stage }: BatchEntry): boolean => batchId === null || stage === 'waiting';
