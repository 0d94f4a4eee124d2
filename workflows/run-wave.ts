// One wave from its plan to its last tally: by the job itself while it is small, by segments beyond.

import {
  ChildWorkflowCancellationType,
  condition,
  executeChild,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { fits, reserve, settle } from '../domain/budget.ts';
import { segmentWorkflowId } from '../domain/ids.ts';
import type { PlannedBatch, PlanSummary } from '../domain/job.ts';
import { addTotals, noTotals, type Totals } from '../domain/totals.ts';
import type { Wave } from '../domain/waves.ts';
import type { JobRun } from './job-run.ts';
import type { BatchInput } from './life.ts';
import { limitSignal, segmentNewsSignal } from './messages.ts';
import { processSegment } from './process-segment.ts';
import { longWork, looking } from './proxies.ts';
import { runWindow } from './window.ts';

export async function runWave(job: JobRun, wave: Wave): Promise<void> {
  job.wave = wave;
  job.coordinator.startWave();
  job.enter('planning');
  const plan = await planOf(job, wave);
  if (wave.kind === 'first') job.firstPlan = plan;
  job.planned += plan.batches;
  job.enter('running');
  if (plan.batches === 0) return;
  if (job.planned <= job.opened.batchesPerSegment) await runHere(job, wave, await pageOf(job, wave, 1));
  else await runInSegments(job, wave, plan);
}

function planOf(job: JobRun, wave: Wave): Promise<PlanSummary> {
  const { output, timing } = job.opened;
  if (wave.kind === 'first') return longWork(timing, 'plan every batch before anything is spent').plan({ output });
  const { number, sources, batchReasons, realtimeReasons, rejectedReasons, maxUsd } = wave;
  const proxy = longWork(timing, `plan wave ${number} (${wave.kind})`);
  return proxy.planWave({ output, wave: number, sources, batchReasons, realtimeReasons, rejectedReasons, maxUsd });
}

const pageOf = (job: JobRun, wave: Wave, from: number): Promise<PlannedBatch[]> =>
  looking(job.opened.timing, 'read the plan').readManifest({
    output: job.opened.output,
    wave: wave.number,
    from,
    count: job.opened.batchesPerSegment,
  });

/** Each telling costs the coordinator's history four events: of many batches halves are enough. */
const tellEveryOf = (batches: number): number => (batches <= 50 ? 1 : 5);

const batchJob = (job: JobRun): BatchInput['job'] => {
  const { output, provider, poll, timing } = job.opened;
  const deadline = job.deadline ?? job.opened.deadline;
  return { output, provider, poll, timing, deadline, tellEvery: tellEveryOf(job.planned) };
};

async function runHere(job: JobRun, wave: Wave, batches: readonly PlannedBatch[]): Promise<void> {
  const { coordinator } = job;
  await runWindow(batches, {
    jobWorkflowId: workflowInfo().workflowId,
    mayStart: (batch, running) => {
      if (coordinator.switches.paused && !job.mustEnd(wave)) return false;
      if (running >= coordinator.switches.concurrency) return false;
      return mayAfford(job, wave, batch.estimate.usd, running);
    },
    inputOf: (planned) => ({
      job: batchJob(job),
      wave: wave.number,
      planned,
      paused: false,
      endNow: job.mustEnd(wave),
    }),
    started: (planned, workflowId) => {
      job.budget = reserve(job.budget, planned.estimate.usd);
      coordinator.started(wave.number, planned, workflowId);
      job.changed();
    },
    ended: (planned, workflowId, tally) => {
      job.budget = settle(job.budget, planned.estimate.usd, tally?.costUsd ?? null);
      coordinator.ended(wave.number, planned.batch, workflowId, tally);
      job.changed();
    },
  });
}

/** Work that would pass the cap is not started; when nothing under way can make room any more, a person is asked. */
function mayAfford(job: JobRun, wave: Wave, estimateUsd: number | null, running: number): boolean {
  if (job.mustEnd(wave) || fits(job.budget, estimateUsd)) return true;
  if (running === 0)
    job.stopFor('budget', 'the next batch would pass the budget: raise it with setBudget, or cancel the job');
  return false;
}

interface OpenSegment {
  running: number;
  draining: boolean;
  totals: Totals;
  limit: number;
}

/** Places that a segment at its end no longer needs go to the next one, so that stragglers keep nobody waiting. */
async function runInSegments(job: JobRun, wave: Wave, plan: PlanSummary): Promise<void> {
  const { coordinator } = job;
  const open = new Map<string, OpenSegment>();
  const ends: Promise<void>[] = [];
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
    coordinator.totals = [...open.values()].reduce((totals, segment) => addTotals(totals, segment.totals), settled);
    job.changed();
  };
  setHandler(segmentNewsSignal, (news) => {
    const workflowId = segmentWorkflowId(workflowInfo().workflowId, wave.number, news.segment);
    const segment = open.get(workflowId);
    if (segment === undefined) return;
    Object.assign(segment, { running: news.running, draining: news.draining, totals: news.totals });
    if (news.trouble !== undefined)
      job.stopFor(news.trouble, 'a batch met trouble with its key or money: mend it, then resume');
    giveFreePlaces(open, coordinator.switches.concurrency);
    sum();
  });
  try {
    for (let segment = 1, from = 1; from <= plan.batches; segment += 1) {
      const page = await pageOf(job, wave, from);
      const affordable = (): PlannedBatch[] => affordablePrefix(job, wave, page);
      await condition(
        () =>
          free() > 0 &&
          (!coordinator.switches.paused || job.mustEnd(wave)) &&
          mayAfford(job, wave, page[0]?.estimate.usd ?? null, open.size),
      );
      const batches = affordable();
      const workflowId = segmentWorkflowId(workflowInfo().workflowId, wave.number, segment);
      const usd = batches.reduce((total, { estimate }) => total + (estimate.usd ?? 0), 0);
      const limit = free();
      open.set(workflowId, { running: 0, draining: false, totals: noTotals, limit });
      coordinator.opened(workflowId);
      coordinator.segments.add(workflowId);
      job.budget = reserve(job.budget, usd);
      const end = runSegment(job, wave, segment, from, batches.length, limit).then((totals) => {
        open.delete(workflowId);
        coordinator.closed(workflowId);
        job.budget = settle(job.budget, usd, totals.costUsd);
        settled = addTotals(settled, totals);
        giveFreePlaces(open, coordinator.switches.concurrency);
        sum();
      });
      end.catch(() => open.delete(workflowId));
      ends.push(end);
      from += batches.length;
    }
  } finally {
    await Promise.allSettled(ends);
  }
  await Promise.all(ends);
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

function runSegment(
  job: JobRun,
  wave: Wave,
  segment: number,
  from: number,
  count: number,
  limit: number,
): Promise<Totals> {
  const { switches } = job.coordinator;
  return executeChild(processSegment, {
    workflowId: segmentWorkflowId(workflowInfo().workflowId, wave.number, segment),
    args: [
      {
        job: batchJob(job),
        jobWorkflowId: workflowInfo().workflowId,
        wave: wave.number,
        segment,
        from,
        count,
        switches: { ...switches, concurrency: limit, endNow: job.mustEnd(wave) },
      },
    ],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: `batches ${from} to ${from + count - 1} of wave ${wave.number}`,
  });
}
