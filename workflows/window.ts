// The sliding window: keeps as many batches open as its owner allows, each a child awaited in the same run, and collects every tally.

import { condition, sleep, startChild } from '@temporalio/workflow';
import { batchWorkflowId } from '../domain/ids.ts';
import type { PlannedBatch } from '../domain/job.ts';
import { startsAtOnce } from '../domain/limits.ts';
import type { Lane, Tally } from '../domain/outcome/outcome.ts';
import type { BatchInput } from './batch/batch-run.ts';
import { processBatch } from './batch/process-batch.ts';
import { processRealtime } from './batch/process-realtime.ts';
import { ChildGroup, type ChildSwitches, childOptions, replaySwitches, runUntilResult } from './children.ts';

/** The job or segment whose batches a window runs. */
export interface WindowOwner {
  readonly jobWorkflowId: string;
  /** Must be cheap: it is called on every turn. */
  mayStart(batch: PlannedBatch, running: number): boolean;
  makeInput(batch: PlannedBatch): BatchInput;
  recordStart(batch: PlannedBatch, workflowId: string): void;
  recordEnd(batch: PlannedBatch, workflowId: string, tally: Tally | null): void;
}

export function runWindow(batches: readonly PlannedBatch[], owner: WindowOwner): Promise<void> {
  return new Window(batches, owner).run();
}

class Window {
  readonly #owner: WindowOwner;
  /** Batches that are not started yet. The lanes wait separately, so that a realtime batch does not hold up the others. */
  readonly #waiting: readonly PlannedBatch[][];
  readonly #children = new ChildGroup();
  /** At most one at a time, so that `rpm` and `tpm` hold for the whole job. */
  #realtimeRunning = 0;

  constructor(batches: readonly PlannedBatch[], owner: WindowOwner) {
    const listLane = (lane: Lane): PlannedBatch[] => batches.filter((batch) => batch.lane === lane);
    this.#waiting = [listLane('realtime'), listLane('batch')];
    this.#owner = owner;
  }

  async run(): Promise<void> {
    try {
      while (this.#waiting.some((queue) => queue.length > 0) && !this.#children.hasFailed) {
        await condition(() => this.#findStartable() !== undefined || this.#children.hasFailed);
        this.#startSome();
        if (this.#findStartable() !== undefined) await sleep(1, { summary: 'start batches in small groups' });
      }
    } finally {
      await this.#children.awaitAll();
    }
    this.#children.throwFailure();
  }

  #startSome(): void {
    for (let started = 0; started < startsAtOnce; started += 1) {
      const batch = this.#findStartable()?.shift();
      if (batch === undefined) return;
      this.#start(batch);
    }
  }

  #start(batch: PlannedBatch): void {
    const places = batch.lane === 'realtime' ? 1 : 0;
    this.#realtimeRunning += places;
    this.#children.add(runBatch(batch, this.#owner), () => {
      this.#realtimeRunning -= places;
    });
  }

  /** The queue whose first batch may start now. */
  #findStartable(): PlannedBatch[] | undefined {
    return this.#waiting.find(
      ([first]) =>
        first !== undefined &&
        (first.lane === 'batch' || this.#realtimeRunning === 0) &&
        this.#owner.mayStart(first, this.#children.size),
    );
  }
}

async function runBatch(batch: PlannedBatch, owner: WindowOwner): Promise<void> {
  const { wave, job } = owner.makeInput(batch);
  const workflowId = batchWorkflowId(owner.jobWorkflowId, wave, batch.batch);
  owner.recordStart(batch, workflowId);
  let tally: Tally | null = null;
  try {
    tally = await runUntilResult(workflowId, job.timing, () => startBatch(batch, owner, workflowId));
  } finally {
    owner.recordEnd(batch, workflowId, tally);
  }
}

async function startBatch(batch: PlannedBatch, owner: WindowOwner, workflowId: string): Promise<Tally> {
  const given = owner.makeInput(batch);
  const child = await startChild<typeof processBatch>(batch.lane === 'realtime' ? processRealtime : processBatch, {
    ...childOptions,
    workflowId,
    args: [given],
    staticSummary: `${batch.items} items to ${batch.model}, ${batch.lane} lane`,
  });
  await replaySwitches(child, pickSwitches(given), pickSwitches(owner.makeInput(batch)));
  return child.result();
}

const pickSwitches = ({ paused, endNow, job }: BatchInput): ChildSwitches => ({
  paused,
  endNow,
  batchDeadlineMs: job.deadline.batchMs,
});
