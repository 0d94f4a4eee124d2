// What running a wave's batches here and in segments have in common: the plan's pages, what a batch is told of its job, and the budget.

import type { PlannedBatch } from '../../domain/job.ts';
import { fits } from '../../domain/money/budget.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import type { BatchInput } from '../batch/batch-run.ts';
import { looking } from '../proxies.ts';
import type { JobRun } from './job-run.ts';

export const readPage = (job: JobRun, wave: Wave, from: number): Promise<PlannedBatch[]> =>
  looking(job.opened.timing, 'read the plan').readManifest({
    output: job.opened.output,
    wave: wave.number,
    from,
    count: job.opened.batchesPerSegment,
  });

/** Each telling costs the coordinator's history four events: of many batches halves are enough. */
const chooseNewsStep = (batches: number): number => (batches <= 50 ? 1 : 5);

export const describeJob = (job: JobRun): BatchInput['job'] => {
  const { output, provider, poll, timing } = job.opened;
  const deadline = job.deadline ?? job.opened.deadline;
  return { output, provider, poll, timing, deadline, tellEvery: chooseNewsStep(job.planned) };
};

/** Work that would pass the cap is not started; when nothing under way can make room any more, a person is asked. */
export function mayAfford(job: JobRun, wave: Wave, estimateUsd: number | null, running: number): boolean {
  if (job.mustEnd(wave) || fits(job.budget, estimateUsd)) return true;
  if (running === 0) {
    job.stopFor(
      'budget',
      estimateUsd === null
        ? unpriced
        : 'the next batch would pass the budget: raise it with setBudget, or cancel the job',
    );
  }
  return false;
}

const unpriced =
  'no price is known for the next batch, so no budget can hold: take it away with setBudget and null, or cancel the job';
