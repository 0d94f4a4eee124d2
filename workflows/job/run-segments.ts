// A wave of more batches than one history may hold: segments of them, each a child with a window of its own, sharing the places.

import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { segmentWorkflowId } from '../../domain/ids.ts';
import type { PlannedBatch, PlanSummary } from '../../domain/job.ts';
import { chargedUsd, fits, reserve, settle } from '../../domain/money/budget.ts';
import { addLate, type Late, noneLate } from '../../domain/progress/alerts.ts';
import { addBatchStates, type BatchStateCounts } from '../../domain/progress/events.ts';
import { addTotals, noTotals, type Totals } from '../../domain/waves/totals.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import { limitSignal, segmentNewsSignal } from '../messages.ts';
import { processSegment } from '../segment/process-segment.ts';
import { catchUp, runToItsEnd } from '../window.ts';
import type { JobRun } from './job-run.ts';
import { describeJob, mayAfford, readPage } from './wave-parts.ts';

interface OpenSegment {
  running: number;
  draining: boolean;
  totals: Totals;
  stages: BatchStateCounts;
  late: Late;
  limit: number;
}

/** Places that a segment at its end no longer needs go to the next one, so that stragglers keep nobody waiting. */
export async function runInSegments(job: JobRun, wave: Wave, plan: PlanSummary): Promise<void> {
  const { coordinator } = job;
  const open = new Map<string, OpenSegment>();
  const ends: Promise<void>[] = [];
  const failures: unknown[] = [];
  let settled = noTotals;
  const free = (): number => {
    let taken = 0;
    for (const { draining, running } of open.values()) {
      if (!draining) return 0;
      taken += running;
    }
    return coordinator.switches.concurrency - taken;
  };
  const sum = (): void => {
    const segments = [...open.values()];
    coordinator.totals = segments.reduce((totals, segment) => addTotals(totals, segment.totals), settled);
    coordinator.elsewhere = {
      stages: segments.reduce<BatchStateCounts>((stages, segment) => addBatchStates(stages, segment.stages), {
        done: settled.batches,
      }),
      late: segments.reduce((late, segment) => addLate(late, segment.late), noneLate),
    };
    job.changed();
  };
  job.onConcurrency = () => giveFreePlaces(open, coordinator.switches.concurrency);
  setHandler(segmentNewsSignal, (news) => {
    const workflowId = segmentWorkflowId(workflowInfo().workflowId, wave.number, news.segment);
    const segment = open.get(workflowId);
    if (segment === undefined) return;
    const { running, draining, totals, stages, late, movedAt } = news;
    Object.assign(segment, { running, draining, totals, stages, late } satisfies Partial<OpenSegment>);
    coordinator.movedAt = Math.max(coordinator.movedAt, movedAt);
    if (news.trouble !== undefined) {
      job.stopFor(news.trouble, 'a batch met trouble with its key or money: mend it, then resume');
    }
    job.onConcurrency();
    sum();
  });
  const run = async (segment: number, from: number, batches: readonly PlannedBatch[]): Promise<void> => {
    const workflowId = segmentWorkflowId(workflowInfo().workflowId, wave.number, segment);
    const usd = batches.reduce((total, { estimate }) => total + (estimate.usd ?? 0), 0);
    open.set(workflowId, {
      running: 0,
      draining: false,
      totals: noTotals,
      stages: {},
      late: noneLate,
      limit: free(),
    });
    coordinator.opened(workflowId);
    coordinator.segments.add(workflowId);
    job.budget = reserve(job.budget, usd);
    let totals: Totals | null = null;
    try {
      const limit = (): number => open.get(workflowId)?.limit ?? 1;
      totals = await runToItsEnd(workflowId, job.opened.timing, () =>
        runSegment(job, wave, workflowId, { segment, from, count: batches.length, limit }),
      );
      if (totals !== null) settled = addTotals(settled, totals);
    } finally {
      open.delete(workflowId);
      coordinator.closed(workflowId);
      job.budget = settle(job.budget, usd, totals === null ? usd : chargedUsd(totals, usd));
      job.onConcurrency();
      sum();
    }
  };
  try {
    for (let segment = 1, from = 1; from <= plan.batches && failures.length === 0; segment += 1) {
      const page = await readPage(job, wave, from);
      await condition(
        () =>
          free() > 0 &&
          (!coordinator.switches.paused || job.mustEnd(wave)) &&
          mayAfford(job, wave, page[0]?.estimate.usd ?? null, open.size),
      );
      const batches = affordablePrefix(job, wave, page);
      ends.push(
        run(segment, from, batches).catch((reason: unknown) => {
          if (!isCancellation(reason)) failures.push(reason);
        }),
      );
      from += batches.length;
    }
  } finally {
    await CancellationScope.nonCancellable(() => Promise.all(ends));
    job.onConcurrency = () => undefined;
  }
  if (failures.length > 0) throw failures[0];
}

function affordablePrefix(job: JobRun, wave: Wave, page: readonly PlannedBatch[]): PlannedBatch[] {
  let { budget } = job;
  const batches: PlannedBatch[] = [];
  for (const batch of page) {
    if (batches.length > 0 && !job.mustEnd(wave) && !fits(budget, batch.estimate.usd)) break;
    budget = reserve(budget, batch.estimate.usd);
    batches.push(batch);
  }
  return batches;
}

function giveFreePlaces(open: ReadonlyMap<string, OpenSegment>, concurrency: number): void {
  let taken = 0;
  for (const { draining, running } of open.values()) if (draining) taken += running;
  for (const [workflowId, segment] of open) {
    const limit = Math.max(1, concurrency - taken);
    if (segment.draining || segment.limit === limit) continue;
    segment.limit = limit;
    getExternalWorkflowHandle(workflowId)
      .signal(limitSignal, limit)
      .catch(() => undefined);
  }
}

async function runSegment(
  job: JobRun,
  wave: Wave,
  workflowId: string,
  part: { readonly segment: number; readonly from: number; readonly count: number; readonly limit: () => number },
): Promise<Totals> {
  const { limit, ...batches } = part;
  const now = () => ({ ...job.coordinator.switches, concurrency: limit(), endNow: job.mustEnd(wave) });
  const switches = now();
  const child = await startChild(processSegment, {
    workflowId,
    args: [
      { job: describeJob(job), jobWorkflowId: workflowInfo().workflowId, wave: wave.number, ...batches, switches },
    ],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: `batches ${part.from} to ${part.from + part.count - 1} of wave ${wave.number}`,
  });
  await catchUp(child, switches, now());
  if (limit() !== switches.concurrency) await child.signal(limitSignal, limit()).catch(() => undefined);
  return child.result();
}
