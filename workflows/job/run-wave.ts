// One wave from its plan to its last tally. The job runs a small wave's batches itself, and gives a large wave to segments.

import { log, workflowInfo } from '@temporalio/workflow';
import type { WavePart } from '../../activities/waves/read-part.ts';
import { carriedBatch } from '../../domain/ids.ts';
import { type PlannedBatch, type PlanSummary, planStart } from '../../domain/job.ts';
import { lowerCap } from '../../domain/money/budget.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import type { BatchInput, RealtimeGrant } from '../batch/batch-run.ts';
import type { Coordinator } from '../coordinator.ts';
import { pickDispatchJob } from '../gate/dispatch-gate.ts';
import { filePass } from '../proxies.ts';
import { type PartOwner, runPart } from '../run-part.ts';
import type { JobRun } from './job-run.ts';
import { runInSegments } from './run-segments.ts';
import { describeJob, RunningWave } from './running-wave.ts';

/** Returns when the wave is over. If the job's history grows too long before that, the job continues inside the wave, as a new run. */
export async function runWave(job: JobRun, wave: Wave): Promise<void> {
  job.coordinator.startWave();
  const plan = await enterWave(job, wave);
  job.enterPhase('running');
  if (plan.batches === 0) return;
  const running = new RunningWave(job, job.wave, plan);
  if (job.plannedBatches <= job.settings.batchesPerSegment) await runInWindow(running);
  else await runInSegments(running);
}

/** Plans the wave, unless an earlier run of the job did. A wave that an earlier workflow planned keeps its kind. */
async function enterWave(job: JobRun, wave: Wave): Promise<PlanSummary> {
  job.wave = wave;
  const inside = job.findPlaceInside(wave);
  if (inside !== null) return inside.plan;
  job.enterPhase('planning');
  const plan = await planBatches(job, wave);
  job.wave = { ...wave, kind: plan.kind ?? 'first' };
  recordPlan(job, plan);
  return plan;
}

function planBatches(job: JobRun, { number, kind, delayMs: _, ...content }: Wave): Promise<PlanSummary> {
  const { ref } = job;
  const { timing } = job.settings;
  if (kind === 'first') return filePass(timing, 'plan every batch before anything is spent').plan(ref);
  return filePass(timing, `plan wave ${number} (${kind})`).planWave({ ...ref, wave: number, kind, ...content });
}

function recordPlan(job: JobRun, plan: PlanSummary): void {
  const { number, kind } = job.wave;
  if (kind === 'first') job.firstPlan = plan;
  if ((plan.rows?.carriedOver ?? 0) > 0) job.coordinator.collected.add(carriedBatch.wave, carriedBatch.batch);
  job.lastPlan = plan;
  // The first wave's plan counts the batches of all steps.
  if (kind !== 'rollout') job.plannedBatches += (plan.whole ?? plan).batches;
  const { batches, items, estimate } = plan;
  log.info('wave planned', { event: 'wave_planned', wave: number, kind, batches, items, estimateUsd: estimate.usd });
}

async function runInWindow(running: RunningWave): Promise<void> {
  const { job, wave, plan } = running;
  const part = await runPart(running.describePart(planStart), job.settings.timing, new WaveOwner(running));
  if (part.open.length > 0 && running.isDraining) {
    running.takeChargesBack();
    await job.continueAt({ kind: 'inside', wave, plan, segments: null });
  }
  job.coordinator.totals = part.totals;
}

/** Runs a wave's batches in the job itself. */
class WaveOwner implements PartOwner {
  readonly jobWorkflowId: string;
  readonly wave: number;
  readonly coordinator: Coordinator;
  readonly #running: RunningWave;

  constructor(running: RunningWave) {
    this.#running = running;
    this.jobWorkflowId = running.jobWorkflowId;
    this.wave = running.wave.number;
    this.coordinator = running.job.coordinator;
  }

  get dispatchJob() {
    return pickDispatchJob(this.#running.job.settings);
  }

  get isDraining(): boolean {
    return this.#running.isDraining;
  }

  get isEnding(): boolean {
    return this.#running.mustEnd;
  }

  recordPart(part: WavePart): void {
    this.coordinator.recordPart(this.wave, part);
    for (const settled of part.settled) this.#running.charge(settled);
    this.#running.job.publish();
  }

  onWaits(): void {
    this.#running.job.publish();
  }

  mayStart(planned: PlannedBatch, open: number, places: number): boolean {
    const { isHeld } = this.#running;
    return !isHeld && places < this.coordinator.switches.concurrency && this.#running.mayAfford(planned, open);
  }

  countAffordable(batches: readonly PlannedBatch[]): number {
    return this.#running.countAffordable(batches);
  }

  makeInput(planned: PlannedBatch): BatchInput {
    const { job, mustEnd } = this.#running;
    const { paused, turn } = this.coordinator.switches;
    const input = { job: describeJob(job), wave: this.wave, planned, paused, turn, endNow: mustEnd, endBy: null };
    return planned.lane === 'batch' ? input : { ...input, realtime: this.#grant(planned) };
  }

  #grant({ estimate, fallback }: PlannedBatch): RealtimeGrant {
    const left = this.#running.countLeftUsd(estimate.usd ?? 0);
    const fallbackLeft = fallback === true ? this.#running.countFallbackLeftUsd() : null;
    return {
      allowance: this.coordinator.allowance,
      chain: workflowInfo().firstExecutionRunId,
      grantUsd: lowerCap(left, fallbackLeft),
    };
  }

  onStart({ estimate }: PlannedBatch): void {
    this.#running.reserve(estimate.usd);
    this.#running.job.publish();
  }

  onEnd(planned: PlannedBatch, tally: Tally | null): void {
    this.#running.settleBatch(planned, tally);
    this.#running.job.publish();
  }
}
