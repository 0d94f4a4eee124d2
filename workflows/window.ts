// The sliding window: keeps as many batches under way as it may, each a child awaited in the same run, and collects every tally.

import { ChildWorkflowFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  condition,
  isCancellation,
  log,
  ParentClosePolicy,
  sleep,
  startChild,
  type Workflow,
} from '@temporalio/workflow';
import { batchWorkflowId } from '../domain/ids.ts';
import type { PlannedBatch } from '../domain/job.ts';
import { startsAtOnce } from '../domain/limits.ts';
import type { Tally } from '../domain/outcome/outcome.ts';
import type { BatchInput } from './batch/batch-run.ts';
import { processBatch } from './batch/process-batch.ts';
import { processRealtime } from './batch/process-realtime.ts';
import type { Switches } from './coordinator.ts';
import { batchDeadlineSignal, endNowSignal, pauseSignal, resumeSignal } from './messages.ts';
import { looking } from './proxies.ts';

/** What the window asks whoever owns it. Predicates must be cheap: they are asked at every turn. */
export interface WindowOwner {
  readonly jobWorkflowId: string;
  mayStart(batch: PlannedBatch, running: number): boolean;
  makeInput(batch: PlannedBatch): BatchInput;
  started(batch: PlannedBatch, workflowId: string): void;
  ended(batch: PlannedBatch, workflowId: string, tally: Tally | null): void;
}

export async function runWindow(batches: readonly PlannedBatch[], hands: WindowOwner): Promise<void> {
  // One realtime batch at a time, so that `rpm` and `tpm` hold for the job; it must not keep the others waiting.
  const queues = [batches.filter(({ lane }) => lane === 'realtime'), batches.filter(({ lane }) => lane === 'batch')];
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let realtime = 0;
  const startable = (): PlannedBatch[] | undefined =>
    queues.find(
      ([head]) => head !== undefined && (head.lane === 'batch' || realtime === 0) && hands.mayStart(head, running.size),
    );
  const start = (batch: PlannedBatch): void => {
    if (batch.lane === 'realtime') realtime += 1;
    const run = runBatch(batch, hands)
      .catch((reason: unknown) => {
        if (!isCancellation(reason)) failures.push(reason);
      })
      .finally(() => {
        if (batch.lane === 'realtime') realtime -= 1;
        running.delete(run);
      });
    running.add(run);
  };
  try {
    while (queues.some((queue) => queue.length > 0) && failures.length === 0) {
      await condition(() => startable() !== undefined || failures.length > 0);
      for (
        let burst = 0, queue = startable();
        queue !== undefined && burst < startsAtOnce;
        burst += 1, queue = startable()
      ) {
        const batch = queue.shift();
        if (batch !== undefined) start(batch);
      }
      if (startable() !== undefined) await sleep(1, { summary: 'starts in small groups' });
    }
  } finally {
    await CancellationScope.nonCancellable(() => Promise.all(running));
  }
  if (failures.length > 0) throw failures[0];
}

async function runBatch(batch: PlannedBatch, hands: WindowOwner): Promise<void> {
  const input = hands.makeInput(batch);
  const workflowId = batchWorkflowId(hands.jobWorkflowId, input.wave, batch.batch);
  hands.started(batch, workflowId);
  let tally: Tally | null = null;
  try {
    tally = await runToItsEnd(workflowId, input.job.timing, async () => {
      const given = hands.makeInput(batch);
      const child = await startChild<typeof processBatch>(batch.lane === 'realtime' ? processRealtime : processBatch, {
        workflowId,
        args: [given],
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: `${batch.items} items to ${batch.model}, ${batch.lane} lane`,
      });
      await catchUp(child, pickSwitches(given), pickSwitches(hands.makeInput(batch)));
      return child.result();
    });
  } finally {
    hands.ended(batch, workflowId, tally);
  }
}

const pickSwitches = ({ paused, endNow, job }: BatchInput): ChildSwitches => ({
  paused,
  endNow,
  batchDeadlineMs: job.deadline.batchMs,
});

export type ChildSwitches = Pick<Switches, 'paused' | 'endNow' | 'batchDeadlineMs'>;

/** What was switched between a child's start being asked for and its being there: it could not hear. Never fails: its result is still awaited. */
export async function catchUp(
  child: Pick<ChildWorkflowHandle<Workflow>, 'signal'>,
  given: ChildSwitches,
  now: ChildSwitches,
): Promise<void> {
  try {
    if (now.paused !== given.paused) await child.signal(now.paused ? pauseSignal : resumeSignal);
    if (now.endNow && !given.endNow) await child.signal(endNowSignal);
    if (now.batchDeadlineMs !== given.batchDeadlineMs) await child.signal(batchDeadlineSignal, now.batchDeadlineMs);
  } catch {
    log.info('a child had ended, or was cancelled, before it could hear');
  }
}

/**
 * A child that vanished without a result is started again under its id: it finds what it had made, and adopts it. Null for one that
 * never comes to a result: the others are merged all the same.
 */
export async function runToItsEnd<T>(
  workflowId: string,
  timing: BatchInput['job']['timing'],
  start: () => Promise<T>,
): Promise<T | null> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await start();
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (error instanceof WorkflowExecutionAlreadyStartedError) {
        await untilEnded(workflowId, timing);
      } else if (!(error instanceof ChildWorkflowFailure)) {
        throw error;
      } else if (starts >= startsMax) {
        return null;
      } else {
        await sleep(Math.min(maxDelayMs, 1000 * 2 ** starts), {
          summary: `${workflowId} ended without a result: started again`,
        });
      }
    }
    log.warn('a child is started again', { workflowId, starts });
  }
}

const startsMax = 1000;
const maxDelayMs = 300_000;

/** After a reset, the child of the earlier run may still be bringing its batch to an end: what it collects must not be missed. */
function untilEnded(workflowId: string, timing: BatchInput['job']['timing']): Promise<void> {
  const proxy = looking(timing, `${workflowId} of an earlier run comes to its end`);
  return CancellationScope.nonCancellable(() => proxy.untilClosed({ workflowId }));
}
