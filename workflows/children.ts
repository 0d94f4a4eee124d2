// Runs the children of a job or a segment: their options, side by side, started again if they vanish, with the current switches. Also starts
// children that outlive their parent.

import { ChildWorkflowFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  sleep,
  startChild,
  type Workflow,
} from '@temporalio/workflow';
import type { Timing } from '../domain/job.ts';
import type { Switches } from './coordinator.ts';
import { batchDeadlineSignal, endNowSignal, pauseSignal, resumeSignal } from './messages.ts';
import { shortCall } from './proxies.ts';
import { endIfTakenOver } from './takeover.ts';

/** A part of a job is never abandoned: its parent's end cancels it, and its parent's cancellation waits for its result. */
export const childOptions = {
  parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  workflowIdReusePolicy: 'ALLOW_DUPLICATE',
} as const;

/** Starts a child that outlives its parent. Null if it runs already: an earlier attempt has started it. */
export async function startOutliving(
  type: string,
  options: ChildWorkflowOptions & { readonly args: unknown[] },
): Promise<ChildWorkflowHandle<Workflow> | null> {
  try {
    return await startChild(type, { ...options, parentClosePolicy: ParentClosePolicy.ABANDON });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}

/** Children that run side by side. A failure is kept until all of them have ended, so that no result is lost. */
export class ChildGroup {
  readonly #running = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];

  get size(): number {
    return this.#running.size;
  }

  get hasFailed(): boolean {
    return this.#failures.length > 0;
  }

  add(work: Promise<void>, onEnd: () => void = () => undefined): void {
    const run = work
      .catch((reason: unknown) => {
        if (!isCancellation(reason)) this.#failures.push(reason);
      })
      .finally(() => {
        onEnd();
        this.#running.delete(run);
      });
    this.#running.add(run);
  }

  /** Waits until all have ended, even if the workflow is cancelled. Never fails. */
  awaitAll(): Promise<unknown> {
    return CancellationScope.nonCancellable(() => Promise.all(this.#running));
  }

  throwFailure(): void {
    if (this.hasFailed) throw this.#failures[0];
  }
}

export type ChildSwitches = Pick<Switches, 'paused' | 'turn' | 'endNow' | 'batchDeadlineMs'>;

/**
 * Replays switches that changed before the child could receive signals. Never fails: if the child has ended or was cancelled, its result is
 * still awaited.
 */
export async function replaySwitches(
  child: Pick<ChildWorkflowHandle<Workflow>, 'signal'>,
  given: ChildSwitches,
  now: ChildSwitches,
): Promise<void> {
  try {
    if (now.paused !== given.paused) await child.signal(now.paused ? pauseSignal : resumeSignal, now.turn);
    if (now.endNow && !given.endNow) await child.signal(endNowSignal);
    if (now.batchDeadlineMs !== given.batchDeadlineMs) await child.signal(batchDeadlineSignal, now.batchDeadlineMs);
  } catch {
    log.info('a child had ended, or was cancelled, before the signal');
  }
}

const startsMax = 1000;
const maxDelayMs = 300_000;
/** If a cancelled child is not over after twice its time, the cancellation did not reach it. */
const cancelAgainFactor = 2;

export interface ChildPlan {
  readonly workflowId: string;
  readonly timing: Timing;
  /** Called with the id of an earlier run's child while it is waited for, and with null when it has ended. */
  readonly onWait: (workflowId: string | null) => void;
  /** After this time, nothing is started again or waited for. Null means no limit. */
  readonly untilMs: number | null;
}

/**
 * Starts a child and waits for its result. A child that a person cancelled, terminated or reset, or that vanished, is started again under its
 * id: it finds what it had created, and adopts it. Returns null if there is no result after `startsMax` starts; what the child may have sent is
 * then settled when the job finishes.
 */
export async function runUntilResult<T>(plan: ChildPlan, start: () => Promise<T>): Promise<T | null> {
  const scope = CancellationScope.current();
  let isOver = false;
  scope.cancelRequested.catch(async () => {
    if (!scope.consideredCancelled) return;
    const waitMs = cancelAgainFactor * plan.timing.cancelGraceMs;
    const summary = `${plan.workflowId} has to end`;
    const hasEnded = await CancellationScope.nonCancellable(() => condition(() => isOver, waitMs, { summary }));
    if (!hasEnded) await cancelById(plan.workflowId);
  });
  try {
    return await startUntilResult(plan, start);
  } finally {
    isOver = true;
  }
}

/**
 * Temporal's own request reaches neither the run that a person's reset made, nor the child of an earlier run. If the child has ended, the
 * request fails, and is not needed.
 */
const cancelById = (workflowId: string): Promise<void> =>
  CancellationScope.nonCancellable(() => getExternalWorkflowHandle(workflowId).cancel()).catch(() => undefined);

async function startUntilResult<T>(plan: ChildPlan, start: () => Promise<T>): Promise<T | null> {
  const { workflowId, untilMs } = plan;
  const scope = CancellationScope.current();
  for (let starts = 1; ; starts += 1) {
    try {
      return await start();
    } catch (error) {
      if (isCancellation(error) && scope.consideredCancelled) throw error;
      endIfTakenOver(error);
      if (error instanceof WorkflowExecutionAlreadyStartedError) {
        await awaitEarlierChild(plan);
      } else if (!(error instanceof ChildWorkflowFailure)) {
        throw error;
      } else if (starts >= startsMax || (untilMs !== null && Date.now() >= untilMs)) {
        return null;
      } else {
        await sleep(Math.min(maxDelayMs, 1000 * 2 ** starts), {
          summary: `${workflowId} ended without a result: start it again`,
        });
      }
    }
    log.warn('a child is started again', { workflowId, starts });
  }
}

/** After a reset, the earlier run's child may still be ending its batch. Its answers must be on disk before the batch is started again. */
async function awaitEarlierChild({ workflowId, timing, onWait, untilMs }: ChildPlan): Promise<void> {
  const proxy = shortCall(timing, `wait until ${workflowId} of an earlier run has ended`, untilMs);
  onWait(workflowId);
  try {
    await CancellationScope.nonCancellable(() => proxy.untilClosed({ workflowId }));
  } finally {
    onWait(null);
  }
}
