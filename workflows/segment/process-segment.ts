// Five hundred batches of a job that has more: the same window as the job's own, so that no history grows past its bound.

import { getExternalWorkflowHandle, setHandler, workflowInfo } from '@temporalio/workflow';
import type { BatchNews, Trouble } from '../../domain/progress/events.ts';
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
import { looking } from '../proxies.ts';
import { runWindow } from '../window.ts';

export interface SegmentInput {
  readonly job: BatchInput['job'];
  readonly jobWorkflowId: string;
  readonly wave: number;
  readonly segment: number;
  /** Batches of the manifest, by their place from 0. */
  readonly from: number;
  readonly count: number;
  readonly switches: Switches;
}

/** News of ended batches that are told one by one; beyond, a twentieth of the segment at a time. */
const newsSteps = 20;

/** Guarantees a tally of every batch of the segment. */
export async function processSegment(input: SegmentInput): Promise<Totals> {
  let draining = false;
  const tell = (trouble?: Trouble): void => {
    const news = {
      segment: input.segment,
      running: coordinator.openBatches,
      draining,
      totals: coordinator.totals,
      stages: coordinator.stages(),
      late: coordinator.late(),
      movedAt: coordinator.movedAt,
      ...(trouble === undefined ? {} : { trouble }),
    };
    const job = getExternalWorkflowHandle(input.jobWorkflowId);
    // News that does not arrive is told again with the next; the totals come with the segment's end.
    job.signal(segmentNewsSignal, news).catch(() => undefined);
  };
  const coordinator = new Coordinator({ ...input.switches }, (news: BatchNews) => {
    if (news.trouble !== undefined) tell(news.trouble);
  });
  coordinator.listen();
  forwardSwitches(coordinator);
  let toStart = input.count;
  const step = Math.max(1, Math.floor(input.count / newsSteps));
  const batches = await looking(input.job.timing, 'read the plan').readManifest({
    output: input.job.output,
    wave: input.wave,
    from: input.from,
    count: input.count,
  });
  const watch = checkPeriodically(
    () => coordinator.switches.paused,
    () => tell(),
  );
  await runWindow(batches, {
    jobWorkflowId: input.jobWorkflowId,
    mayStart: (_batch, running) =>
      (!coordinator.switches.paused || coordinator.switches.endNow) && running < coordinator.switches.concurrency,
    makeInput: (planned) => batchInput(input, coordinator.switches, planned),
    started: (planned, workflowId) => {
      toStart -= 1;
      coordinator.started(input.wave, planned, workflowId);
      if (toStart === 0) {
        draining = true;
        tell();
      }
    },
    ended: (planned, workflowId, tally) => {
      coordinator.ended(input.wave, planned.batch, workflowId, tally);
      // The last end is the segment's own, and is told by it. Of a few stragglers each end frees a place that another segment may use.
      const { openBatches, totals } = coordinator;
      if (toStart === 0 && openBatches === 0) return;
      if ((draining && openBatches <= newsSteps) || totals.batches % step === 0) tell();
    },
  });
  watch.cancel();
  return coordinator.totals;
}

const batchInput = (input: SegmentInput, switches: Switches, planned: BatchInput['planned']): BatchInput => ({
  job: { ...input.job, deadline: { ...input.job.deadline, batchMs: switches.batchDeadlineMs } },
  wave: input.wave,
  planned,
  paused: switches.paused,
  endNow: switches.endNow,
});

function forwardSwitches(coordinator: Coordinator): void {
  const description = `From ${workflowInfo().parent?.workflowId ?? 'the job'}, told on to the open batches.`;
  setHandler(pauseSignal, () => coordinator.pause(), { description });
  setHandler(resumeSignal, () => coordinator.resume(), { description });
  setHandler(endNowSignal, () => coordinator.endNow(), { description });
  setHandler(nudgeSignal, () => coordinator.nudge(), { description });
  setHandler(batchDeadlineSignal, (ms) => coordinator.setBatchDeadline(ms), { description });
  setHandler(
    limitSignal,
    (concurrency) => {
      coordinator.switches.concurrency = concurrency;
    },
    { description },
  );
}
