// One wave while it runs: the part that running its batches in the job itself and in segments share.

import { workflowInfo } from '@temporalio/workflow';
import type { SettledBatch, WavePartRef } from '../../activities/waves/read-part.ts';
import type { PlannedBatch, PlanPosition, PlanSummary } from '../../domain/job.ts';
import { chargedUsd, countLeftUsd, fits, reserve, settle } from '../../domain/money/budget.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { holdsRollout } from '../../domain/progress/pauses.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import type { BatchInput } from '../batch/batch-run.ts';
import { isHistoryLong } from '../history.ts';
import type { JobRun } from './job-run.ts';

const overBudget = 'the next batch would pass the budget: raise it, or cancel the job';
const unpriced =
  'what the next batch may cost is not known (no price of its model, or no limit of its output tokens), so no budget can hold: remove the budget (none), or cancel the job';

export class RunningWave {
  readonly job: JobRun;
  readonly wave: Wave;
  readonly plan: PlanSummary;
  /** What was spent before the wave. */
  readonly #before: { readonly settledUsd: number; readonly fallbackUsd: number };
  readonly jobWorkflowId = workflowInfo().workflowId;

  constructor(job: JobRun, wave: Wave, plan: PlanSummary) {
    this.job = job;
    this.wave = wave;
    this.plan = plan;
    this.#before = { settledUsd: job.budget.settledUsd, fallbackUsd: job.fallbackUsd };
  }

  /** For a next run of the job, which charges every batch that it finds settled. */
  takeChargesBack(): void {
    const { settledUsd, fallbackUsd } = this.#before;
    this.job.budget = { ...this.job.budget, settledUsd };
    this.job.fallbackUsd = fallbackUsd;
  }

  /** Whether the history has grown so long that the job starts nothing more in this run. */
  get isDraining(): boolean {
    return isHistoryLong(this.job.settings.historyEventsMax);
  }

  get mustEnd(): boolean {
    return this.job.mustEnd(this.wave);
  }

  /** A paused job starts no batch, unless the batch only has to end. */
  get isHeld(): boolean {
    return this.job.pauses.length > 0 && !this.mustEnd;
  }

  /** A part of the plan as large as a segment. */
  describePart(at: PlanPosition): WavePartRef {
    return { ...this.job.ref, wave: this.wave.number, at, count: this.job.settings.batchesPerSegment };
  }

  /**
   * Work that would pass the cap does not start. If no running work can make room for it any more, the job pauses for a person. A realtime
   * batch starts all the same: it goes row by row, as far as the money reaches.
   */
  mayAfford({ lane, estimate }: Pick<PlannedBatch, 'lane' | 'estimate'>, running: number): boolean {
    const isRowByRow = lane === 'realtime' && estimate.usd !== null;
    if (this.mustEnd || isRowByRow || fits(this.job.budget, estimate.usd)) return true;
    if (running === 0) this.job.pauseFor('budget', estimate.usd === null ? unpriced : overBudget);
    return false;
  }

  /** How many of these batches the money reaches for, if the first may start. */
  countAffordable(batches: readonly Pick<PlannedBatch, 'estimate'>[]): number {
    if (this.mustEnd || this.job.budget.capUsd === null) return batches.length;
    let { budget } = this.job;
    for (const [index, { estimate }] of batches.entries()) {
      if (index > 0 && !fits(budget, estimate.usd)) return index;
      budget = reserve(budget, estimate.usd);
    }
    return batches.length;
  }

  /** The money for realtime batches, `reservedUsd` of which is reserved for them already; null if there is no cap. */
  countLeftUsd(reservedUsd: number): number | null {
    return countLeftUsd(this.job.budget, reservedUsd);
  }

  /** The money for items that fall back; null if there is no cap. */
  countFallbackLeftUsd(): number | null {
    const { maxUsd } = this.job.settings.fallback;
    return maxUsd === null ? null : Math.max(0, maxUsd - this.job.fallbackUsd);
  }

  /** Work that ended before this workflow could reserve anything for it. */
  charge({ chargedUsd: usd, fallback }: Pick<SettledBatch, 'chargedUsd' | 'fallback'>): void {
    this.job.budget = settle(this.job.budget, null, usd);
    if (fallback === true) this.job.fallbackUsd += usd ?? 0;
  }

  reserve(estimateUsd: number | null): void {
    this.job.budget = reserve(this.job.budget, estimateUsd);
  }

  release(reservedUsd: number): void {
    this.job.budget = settle(this.job.budget, reservedUsd, 0);
  }

  settleBatch({ estimate, fallback }: PlannedBatch, tally: Tally | null): void {
    const costUsd = this.settle(estimate.usd, tally);
    if (fallback === true) this.job.fallbackUsd += costUsd ?? 0;
  }

  /** Work that never came to a result counts by its estimate. Returns what it counts. */
  settle(estimateUsd: number | null, result: Parameters<typeof chargedUsd>[0] | null): number | null {
    const costUsd = result === null ? estimateUsd : chargedUsd(result, estimateUsd);
    this.job.budget = settle(this.job.budget, estimateUsd, costUsd);
    return costUsd;
  }
}

/** The part of a batch's input that is the same for all batches of a job. */
export function describeJob({ settings, deadline, plannedBatches, pauses }: JobRun): BatchInput['job'] {
  const { output, nonce, provider, account, dispatch, poll, timing, proofs, historyEventsMax } = settings;
  const tellEvery = chooseNewsStep(plannedBatches);
  return {
    output,
    nonce,
    provider,
    ...(account === undefined ? {} : { account }),
    ...(dispatch === undefined ? {} : { dispatch }),
    poll,
    timing,
    proofs,
    historyEventsMax,
    deadline,
    tellEvery,
    ...(holdsRollout(pauses) ? { isNotApproved: true } : {}),
  };
}

/** Each news signal costs the coordinator's history four events, so a job of many batches wants news at every half only. */
const chooseNewsStep = (batches: number): number => (batches <= 50 ? 1 : 5);
