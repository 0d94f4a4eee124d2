// The main line of a job: open, then wave after wave, then merge, report and clean up, even if the job was cancelled.

import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { JobReport } from '../../domain/report/report.ts';
import { checkWhenDue } from '../alerting.ts';
import { setPriority } from '../interceptors/priority.ts';
import { chooseFirstWave, chooseNextWave, gate, watchDeadline } from './between-waves.ts';
import type { CarriedJob } from './carried-job.ts';
import { finish } from './finish.ts';
import { JobRun } from './job-run.ts';
import { findNextAlertAt, registerQueries } from './job-status.ts';
import { registerUpdates } from './job-updates.ts';
import { asRefusal, openJob } from './open.ts';
import { publishFailure } from './publish-failure.ts';
import { runWave } from './run-wave.ts';

/**
 * Guarantees one result per accepted row, that no item is paid twice in the batch lane, and a report at the end. `carried` is the state of the
 * previous run, if this run continues it.
 */
export async function processDataset(input: unknown, carried?: unknown): Promise<JobReport> {
  const job = new JobRun(readCarried(carried));
  registerQueries(job);
  registerUpdates(job);
  try {
    const report = await run(job, input);
    await job.messages.end();
    return report;
  } catch (error) {
    publishFailure(job, error);
    await job.messages.end(error);
    throw error;
  }
}

async function run(job: JobRun, input: unknown): Promise<JobReport> {
  if (!job.isOpen) await openJob(job, input);
  setPriority(job.settings.priority);
  const background = [watchDeadline(job), checkAlerts(job), job.messages.watchCollected()];
  await runUntilCancelled(job, async () => {
    for (let wave = chooseFirstWave(job); wave !== null; wave = chooseNextWave(job, wave)) {
      await gate(job, wave);
      await runWave(job, wave);
    }
  });
  for (const scope of background) scope?.cancel();
  return CancellationScope.nonCancellable(() => finish(job));
}

/** A person who starts a job cannot give a state: only a run that continues another one has one. */
const readCarried = (carried: unknown): CarriedJob | null =>
  workflowInfo().continuedFromExecutionRunId === undefined ? null : (carried as CarriedJob);

const checkAlerts = (job: JobRun): CancellationScope =>
  checkWhenDue(
    () => findNextAlertAt(job),
    () => job.publish(),
  );

/** Cancelled batches complete normally, so the work may end without an error; only the scope knows that the job was cancelled. */
async function runUntilCancelled(job: JobRun, work: () => Promise<void>): Promise<void> {
  let isOver = false;
  CancellationScope.current().cancelRequested.catch(() => {
    if (isOver) return;
    job.cancelled = true;
    job.enterPhase('cancelling');
    void job.coordinator.children.sayThatJobEnds(Date.now() + job.settings.timing.cancelGraceMs);
  });
  try {
    await work();
  } catch (error) {
    if (!isCancellation(error)) throw asRefusal(error);
  } finally {
    isOver = true;
  }
}
