// One wave from its plan to its last tally: by the job itself while it is small, by segments beyond.

import { log, workflowInfo } from '@temporalio/workflow';
import type { PlannedBatch, PlanSummary } from '../../domain/job.ts';
import { chargedUsd, reserve, settle } from '../../domain/money/budget.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import { longWork } from '../proxies.ts';
import { runWindow } from '../window.ts';
import type { JobRun } from './job-run.ts';
import { runInSegments } from './run-segments.ts';
import { describeJob, mayAfford, readPage } from './wave-parts.ts';

export async function runWave(job: JobRun, wave: Wave): Promise<void> {
  job.wave = wave;
  job.coordinator.startWave();
  job.enter('planning');
  const plan = await planBatches(job, wave);
  if (wave.kind === 'first') job.firstPlan = plan;
  job.lastPlanned = wave.number;
  const { number, kind } = wave;
  const { batches, items, estimate } = plan;
  log.info('wave planned', { event: 'wave_planned', wave: number, kind, batches, items, estimateUsd: estimate.usd });
  job.planned += plan.batches;
  job.enter('running');
  if (plan.batches === 0) return;
  if (job.planned <= job.opened.batchesPerSegment) {
    await runHere(job, wave, await readPage(job, wave, 1));
  } else {
    await runInSegments(job, wave, plan);
  }
}

function planBatches(job: JobRun, wave: Wave): Promise<PlanSummary> {
  const { output, timing } = job.opened;
  if (wave.kind === 'first') return longWork(timing, 'plan every batch before anything is spent').plan({ output });
  const { number, kind, sources, batchReasons, realtimeReasons, rejectedReasons, maxUsd } = wave;
  const proxy = longWork(timing, `plan wave ${number} (${wave.kind})`);
  return proxy.planWave({
    output,
    wave: number,
    kind,
    sources,
    batchReasons,
    realtimeReasons,
    rejectedReasons,
    maxUsd,
  });
}

async function runHere(job: JobRun, wave: Wave, batches: readonly PlannedBatch[]): Promise<void> {
  const { coordinator } = job;
  await runWindow(batches, {
    jobWorkflowId: workflowInfo().workflowId,
    mayStart: (batch, running) => {
      if (coordinator.switches.paused && !job.mustEnd(wave)) return false;
      if (running >= coordinator.switches.concurrency) return false;
      return mayAfford(job, wave, batch.estimate.usd, running);
    },
    makeInput: (planned) => ({
      job: describeJob(job),
      wave: wave.number,
      planned,
      paused: coordinator.switches.paused,
      endNow: job.mustEnd(wave),
    }),
    started: (planned, workflowId) => {
      job.budget = reserve(job.budget, planned.estimate.usd);
      coordinator.started(wave.number, planned, workflowId);
      job.changed();
    },
    ended: (planned, workflowId, tally) => {
      const { usd } = planned.estimate;
      job.budget = settle(job.budget, usd, tally === null ? usd : chargedUsd(tally, usd));
      coordinator.ended(wave.number, planned.batch, workflowId, tally);
      job.changed();
    },
  });
}
