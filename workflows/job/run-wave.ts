// One wave from its plan to its last tally. The job runs a small wave's batches itself, and gives a large wave to segments.

import { log } from '@temporalio/workflow';
import type { PlannedBatch, PlanSummary } from '../../domain/job.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import { filePass } from '../proxies.ts';
import { runWindow } from '../window.ts';
import type { JobRun } from './job-run.ts';
import { runInSegments } from './run-segments.ts';
import { RunningWave } from './running-wave.ts';

export async function runWave(job: JobRun, wave: Wave): Promise<void> {
  job.wave = wave;
  job.coordinator.startWave();
  job.enterPhase('planning');
  const plan = await planBatches(job, wave);
  recordPlan(job, wave, plan);
  job.enterPhase('running');
  if (plan.batches === 0) return;
  const running = new RunningWave(job, wave);
  if (job.plannedBatches <= job.settings.batchesPerSegment) {
    await runInWindow(running, await running.readPage(1));
  } else {
    await runInSegments(running, plan.batches);
  }
}

function planBatches(job: JobRun, { number, kind, delayMs: _, ...content }: Wave): Promise<PlanSummary> {
  const { output, nonce, timing } = job.settings;
  const ref = { output, nonce };
  if (kind === 'first') return filePass(timing, 'plan every batch before anything is spent').plan(ref);
  return filePass(timing, `plan wave ${number} (${kind})`).planWave({ ...ref, wave: number, kind, ...content });
}

function recordPlan(job: JobRun, { number, kind }: Wave, plan: PlanSummary): void {
  if (kind === 'first') job.firstPlan = plan;
  job.lastPlanned = number;
  job.plannedBatches += plan.batches;
  const { batches, items, estimate } = plan;
  log.info('wave planned', { event: 'wave_planned', wave: number, kind, batches, items, estimateUsd: estimate.usd });
}

async function runInWindow(running: RunningWave, batches: readonly PlannedBatch[]): Promise<void> {
  const { job, wave, jobWorkflowId } = running;
  const { coordinator } = job;
  await runWindow(batches, {
    jobWorkflowId,
    mayStart: ({ estimate }, open) =>
      !running.isHeld && open < coordinator.switches.concurrency && running.mayAfford(estimate.usd, open),
    makeInput: (planned) => ({
      job: running.describeJob(),
      wave: wave.number,
      planned,
      paused: coordinator.switches.paused,
      endNow: running.mustEnd,
    }),
    recordStart: (planned, workflowId) => {
      running.reserve(planned.estimate.usd);
      coordinator.recordStart(wave.number, planned, workflowId);
      job.publish();
    },
    recordEnd: (planned, workflowId, tally) => {
      running.settle(planned.estimate.usd, tally);
      coordinator.recordEnd(wave.number, planned.batch, workflowId, tally);
      job.publish();
    },
  });
}
