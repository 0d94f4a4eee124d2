// Up to 500 batches of a job that has more, in the same window as the job's own, so that no history grows past its bound.

import { getExternalWorkflowHandle, setHandler, workflowInfo } from '@temporalio/workflow';
import type { PlannedBatch } from '../../domain/job.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import type { Trouble } from '../../domain/progress/events.ts';
import type { Totals } from '../../domain/waves/totals.ts';
import { checkPeriodically } from '../alerting.ts';
import type { BatchInput } from '../batch/batch-run.ts';
import { Coordinator, type Switches } from '../coordinator.ts';
import {
  batchDeadlineSignal,
  endNowSignal,
  limitSignal,
  nudgeSignal,
  pauseSignal,
  resumeSignal,
  segmentNewsSignal,
} from '../messages.ts';
import { shortCall } from '../proxies.ts';
import { runWindow, type WindowOwner } from '../window.ts';

export interface SegmentInput {
  readonly job: BatchInput['job'];
  readonly jobWorkflowId: string;
  readonly wave: number;
  readonly segment: number;
  /** The first batch of the segment, by its number in the wave's plan. */
  readonly from: number;
  readonly count: number;
  readonly switches: Switches;
}

/** Guarantees a tally of every batch of the segment. */
export async function processSegment(input: SegmentInput): Promise<Totals> {
  const run = new SegmentRun(input);
  const { job, wave, from, count } = input;
  const batches = await shortCall(job.timing, 'read the plan').readManifest({
    output: job.output,
    nonce: job.nonce,
    wave,
    from,
    count,
  });
  const checks = checkPeriodically(
    () => run.coordinator.switches.paused,
    () => run.notifyJob(),
  );
  await runWindow(batches, run);
  checks.cancel();
  return run.coordinator.totals;
}

/** A segment sends at most this many news signals while it starts batches, and one for each of its last batches. */
const newsSteps = 20;

class SegmentRun implements WindowOwner {
  readonly coordinator: Coordinator;
  readonly jobWorkflowId: string;
  readonly #input: SegmentInput;
  /** Batches that are not started yet. */
  #toStart: number;

  constructor(input: SegmentInput) {
    this.#input = input;
    this.#toStart = input.count;
    this.jobWorkflowId = input.jobWorkflowId;
    this.coordinator = new Coordinator({ ...input.switches }, ({ trouble }) => {
      if (trouble !== undefined) this.notifyJob(trouble);
    });
    this.coordinator.registerHandlers();
    forwardSwitches(this.coordinator);
  }

  mayStart(_batch: PlannedBatch, running: number): boolean {
    const { paused, endNow, concurrency } = this.coordinator.switches;
    return (!paused || endNow) && running < concurrency;
  }

  makeInput(planned: PlannedBatch): BatchInput {
    const { job, wave } = this.#input;
    const { paused, endNow, batchDeadlineMs: batchMs } = this.coordinator.switches;
    return { job: { ...job, deadline: { ...job.deadline, batchMs } }, wave, planned, paused, endNow };
  }

  recordStart(planned: PlannedBatch, workflowId: string): void {
    this.#toStart -= 1;
    this.coordinator.recordStart(this.#input.wave, planned, workflowId);
    if (this.#isDraining) this.notifyJob();
  }

  recordEnd(planned: PlannedBatch, workflowId: string, tally: Tally | null): void {
    this.coordinator.recordEnd(this.#input.wave, planned.batch, workflowId, tally);
    const { openBatches, totals } = this.coordinator;
    // After the last batch, the segment's own end carries the news.
    if (this.#isDraining && openBatches === 0) return;
    // Each of the last batches frees a place that another segment may use.
    const isLast = this.#isDraining && openBatches <= newsSteps;
    const step = Math.max(1, Math.floor(this.#input.count / newsSteps));
    if (isLast || totals.batches % step === 0) this.notifyJob();
  }

  /** News that does not arrive is not sent again: the next news repeats it, and the segment's result has the totals. */
  notifyJob(trouble?: Trouble): void {
    const { coordinator } = this;
    const news = {
      segment: this.#input.segment,
      running: coordinator.openBatches,
      draining: this.#isDraining,
      totals: coordinator.totals,
      stages: coordinator.countStates(),
      late: coordinator.countLate(),
      movedAt: coordinator.movedAt,
      ...(trouble === undefined ? {} : { trouble }),
    };
    getExternalWorkflowHandle(this.jobWorkflowId)
      .signal(segmentNewsSignal, news)
      .catch(() => undefined);
  }

  get #isDraining(): boolean {
    return this.#toStart === 0;
  }
}

function forwardSwitches(coordinator: Coordinator): void {
  const description = `From ${workflowInfo().parent?.workflowId ?? 'the job'}, forwarded to the open batches.`;
  const setPaused = (paused: boolean): Promise<void> => {
    coordinator.switches.paused = paused;
    return paused ? coordinator.pause() : coordinator.resume();
  };
  setHandler(pauseSignal, () => setPaused(true), { description });
  setHandler(resumeSignal, () => setPaused(false), { description });
  setHandler(endNowSignal, () => coordinator.endNow(), { description });
  setHandler(nudgeSignal, () => coordinator.nudge(), { description });
  setHandler(batchDeadlineSignal, (ms) => coordinator.setBatchDeadline(ms), { description });
  setHandler(
    limitSignal,
    (concurrency) => {
      coordinator.switches.concurrency = concurrency;
    },
    { description: `From ${workflowInfo().parent?.workflowId ?? 'the job'}: batches open at once.` },
  );
}
