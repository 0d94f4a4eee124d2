// One wave while it runs: the part that running its batches in the job itself and in segments share.

import { workflowInfo } from '@temporalio/workflow';
import type { PlannedBatch } from '../../domain/job.ts';
import { chargedUsd, fits, reserve, settle } from '../../domain/money/budget.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import type { BatchInput } from '../batch/batch-run.ts';
import { shortCall } from '../proxies.ts';
import type { JobRun } from './job-run.ts';

const overBudget = 'the next batch would pass the budget: raise it with setBudget, or cancel the job';
const unpriced =
  'no price is known for the next batch, so no budget can hold: take it away with setBudget and null, or cancel the job';

export class RunningWave {
  readonly job: JobRun;
  readonly wave: Wave;
  readonly jobWorkflowId = workflowInfo().workflowId;

  constructor(job: JobRun, wave: Wave) {
    this.job = job;
    this.wave = wave;
  }

  get mustEnd(): boolean {
    return this.job.mustEnd(this.wave);
  }

  /** A paused job starts no batch, unless the batch only has to end. */
  get isHeld(): boolean {
    return this.job.pauses.length > 0 && !this.mustEnd;
  }

  /** The batches of the plan from the one numbered `from`, counted from 1. */
  readPage(from: number): Promise<PlannedBatch[]> {
    const { output, nonce, timing, batchesPerSegment: count } = this.job.settings;
    return shortCall(timing, 'read the plan').readManifest({ output, nonce, wave: this.wave.number, from, count });
  }

  /** The part of a batch's input that is the same for all batches. */
  describeJob(): BatchInput['job'] {
    const { settings, deadline, plannedBatches } = this.job;
    const { output, nonce, provider, poll, timing, proofs } = settings;
    return { output, nonce, provider, poll, timing, proofs, deadline, tellEvery: chooseNewsStep(plannedBatches) };
  }

  /** Work that would pass the cap does not start. If no running work can make room for it any more, the job pauses for a person. */
  mayAfford(estimateUsd: number | null, running: number): boolean {
    if (this.mustEnd || fits(this.job.budget, estimateUsd)) return true;
    if (running === 0) this.job.pauseFor('budget', estimateUsd === null ? unpriced : overBudget);
    return false;
  }

  reserve(estimateUsd: number | null): void {
    this.job.budget = reserve(this.job.budget, estimateUsd);
  }

  /** Work that never came to a result counts by its estimate. */
  settle(estimateUsd: number | null, result: Parameters<typeof chargedUsd>[0] | null): void {
    const costUsd = result === null ? estimateUsd : chargedUsd(result, estimateUsd);
    this.job.budget = settle(this.job.budget, estimateUsd, costUsd);
  }
}

/** Each news signal costs the coordinator's history four events, so a job of many batches wants news at every half only. */
const chooseNewsStep = (batches: number): number => (batches <= 50 ? 1 : 5);
