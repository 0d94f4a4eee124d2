// The sliding window: keeps as many batches open as its owner allows, each a child awaited in the same run, until all have ended or the
// owner drains.

import {
  type ChildWorkflowHandle,
  condition,
  sleep,
  startChild,
  type Workflow,
  type WorkflowResultType,
} from '@temporalio/workflow';
import { batchWorkflowId } from '../domain/ids.ts';
import type { PlannedBatch } from '../domain/job.ts';
import { startsAtOnce } from '../domain/limits.ts';
import type { Tally } from '../domain/outcome/outcome.ts';
import type { BatchInput } from './batch/batch-run.ts';
import { processBatch } from './batch/process-batch.ts';
import { processRealtime } from './batch/process-realtime.ts';
import { ChildGroup, type ChildSwitches, childOptions, replaySwitches, runUntilResult } from './children.ts';
import type { Coordinator } from './coordinator.ts';

/** The workflow whose batches a window runs. */
export interface WindowOwner {
  readonly jobWorkflowId: string;
  readonly wave: number;
  readonly coordinator: Coordinator;
  /** Whether nothing more is started. Once true, it stays true. */
  readonly isDraining: boolean;
  /** Whether batches are started only to come to their end: these create nothing, and need no room at the provider. */
  readonly isEnding: boolean;
  /** Must be cheap: it is called on every turn. `places` is how many of the running batches are, or may be, at the provider. */
  mayStart(batch: PlannedBatch, running: number, places: number): boolean;
  /** How many of these, of which the first may start, could start together: grants for more than that would be given back. */
  countAffordable(batches: readonly PlannedBatch[]): number;
  makeInput(batch: PlannedBatch): BatchInput;
  onStart(batch: PlannedBatch): void;
  /** The tally is null if the batch's workflow never came to a result. */
  onEnd(batch: PlannedBatch, tally: Tally | null): void;
}

export function runWindow(batches: readonly PlannedBatch[], owner: WindowOwner): Promise<void> {
  return new Window(batches, owner).run();
}

class Window {
  readonly #owner: WindowOwner;
  /**
   * Batches that are not started yet. The realtime lane and each model wait separately, so that a model without room does not hold up the
   * others.
   */
  readonly #waiting: readonly PlannedBatch[][];
  readonly #children = new ChildGroup();
  /** At most one at a time, because the job has one realtime lane: each hands the allowance to the next. */
  #realtimeRunning = 0;

  constructor(batches: readonly PlannedBatch[], owner: WindowOwner) {
    this.#waiting = [...Map.groupBy(batches, ({ lane, model }) => (lane === 'realtime' ? '' : model)).values()];
    this.#owner = owner;
  }

  async run(): Promise<void> {
    try {
      while (this.#mayGoOn) {
        await condition(() => this.#findStartable() !== undefined || !this.#mayGoOn);
        this.#startSome();
        if (this.#mayGoOn && this.#findStartable() !== undefined) {
          await sleep(1, { summary: 'start batches in small groups' });
        }
      }
    } finally {
      await this.#children.awaitAll();
    }
    this.#children.throwFailure();
  }

  get #mayGoOn(): boolean {
    return this.#waiting.some((queue) => queue.length > 0) && !this.#children.hasFailed && !this.#owner.isDraining;
  }

  #startSome(): void {
    for (let started = 0; started < startsAtOnce && this.#mayGoOn; started += 1) {
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

  /** The queue whose first batch may start now: the realtime lane before the others, and those in the order of the plan. */
  #findStartable(): PlannedBatch[] | undefined {
    this.#offerAll();
    return this.#waiting
      .filter(([first]) => first !== undefined && this.#hasRoom(first))
      .toSorted(([a], [b]) => rank(a) - rank(b))
      .find(([first]) => first !== undefined && this.#mayStart(first));
  }

  #offerAll(): void {
    const { gate, switches } = this.#owner.coordinator;
    if (gate === this.#owner.coordinator.capacity) return;
    const startsMore = this.#mayGoOn && !this.#owner.isEnding;
    for (const queue of this.#waiting) {
      const [first] = queue;
      if (first === undefined) continue;
      const free = first.lane === 'realtime' ? 1 - this.#realtimeRunning : switches.concurrency - this.#places;
      const mayStart = startsMore && free > 0 && this.#mayStart(first);
      gate.offer(first, mayStart ? this.#owner.countAffordable(queue.slice(0, free)) : 0);
    }
  }

  get #places(): number {
    return this.#children.size - this.#realtimeRunning;
  }

  /** The realtime lane takes no place of a batch, and waits for none. */
  #mayStart(batch: PlannedBatch): boolean {
    const { size } = this.#children;
    const places = batch.lane === 'realtime' ? 0 : this.#places;
    return this.#owner.mayStart(batch, size, places);
  }

  #hasRoom(batch: PlannedBatch): boolean {
    if (batch.lane === 'realtime' && this.#realtimeRunning > 0) return false;
    return this.#owner.isEnding || this.#owner.coordinator.gate.mayStart(batch);
  }
}

const rank = (first: PlannedBatch | undefined): number => (first?.lane === 'realtime' ? 0 : (first?.batch ?? 0));

async function runBatch(batch: PlannedBatch, owner: WindowOwner): Promise<void> {
  const { wave, coordinator } = owner;
  const workflowId = batchWorkflowId(owner.jobWorkflowId, wave, batch.batch);
  coordinator.recordStart(wave, batch, workflowId);
  owner.onStart(batch);
  const { job, endBy } = owner.makeInput(batch);
  const onWait = (awaited: string | null): void => coordinator.recordWait(batch.batch, awaited);
  let tally: Tally | null = null;
  try {
    const plan = { workflowId, timing: job.timing, onWait, untilMs: endBy };
    tally = await runUntilResult(plan, () => startBatch(batch, owner, workflowId));
  } finally {
    coordinator.recordEnd(wave, batch.batch, workflowId, tally);
    owner.onEnd(batch, tally);
  }
}

async function startBatch(batch: PlannedBatch, owner: WindowOwner, workflowId: string): Promise<Tally> {
  const given = owner.makeInput(batch);
  const staticSummary = `${batch.items} items to ${batch.model}, ${batch.lane} lane`;
  const options = { ...childOptions, workflowId, args: [given] as [BatchInput], staticSummary };
  if (batch.lane === 'batch') return watchBatch(await startChild(processBatch, options), given, batch, owner);
  const child = await startChild(processRealtime, options);
  const { tally, allowance } = await watchBatch(child, given, batch, owner);
  owner.coordinator.allowance = allowance;
  return tally;
}

/** Waits for the child's result. What was switched while it started is told to it. */
async function watchBatch<T extends Workflow>(
  child: ChildWorkflowHandle<T>,
  given: BatchInput,
  batch: PlannedBatch,
  owner: WindowOwner,
): Promise<WorkflowResultType<T>> {
  const now = owner.makeInput(batch);
  if (given.paused || now.paused) owner.coordinator.children.noteTold(child.workflowId);
  await replaySwitches(child, pickSwitches(given), pickSwitches(now));
  return child.result();
}

const pickSwitches = ({ paused, turn, endNow, job }: BatchInput): ChildSwitches => ({
  paused,
  turn,
  endNow,
  batchDeadlineMs: job.deadline.batchMs,
});
