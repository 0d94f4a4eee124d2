// The end of a job: merge, report, memo and clean-up. A cancelled job ends in the same way, with the answers that it has.

import { CancelledFailure } from '@temporalio/common';
import { allHandlersFinished, condition, log, upsertMemo } from '@temporalio/workflow';
import type { JobReport } from '../../domain/report/report.ts';
import { filePass, providerCleanup, shortCall } from '../proxies.ts';
import type { JobRun } from './job-run.ts';
import { settleLeftovers } from './settle-leftovers.ts';

export async function finish(job: JobRun): Promise<JobReport> {
  const { timing } = job.settings;
  const waves = await shortCall(timing, 'count the waves that are planned').countWaves(job.ref);
  if (waves === 0) throw new CancelledFailure('cancelled before anything was planned');
  await settleLeftovers(job, waves);
  job.enterPhase('merging');
  const summary = await filePass(timing, 'merge the answers in row order').merge({
    ...job.ref,
    waves,
    unsentReason: job.cancelled ? 'cancelled' : 'batch_failed',
  });
  const { startedAt, cancelled, warnings } = job;
  const proxy = filePass(timing, 'write the report');
  const report = await proxy.report({
    ...job.ref,
    summary,
    waves,
    startedAt,
    endedAt: Date.now(),
    cancelled,
    warnings,
  });
  publishReport(job, report);
  await cleanUp(job);
  job.enterPhase('done');
  await condition(allHandlersFinished);
  if (cancelled) throw new CancelledFailure(`cancelled; what was finished is in ${report.files.results}`);
  return { ...report, warnings: job.warnings };
}

/** In the memo, so that the figures can be read without a running worker. */
function publishReport(job: JobRun, report: JobReport): void {
  const { verdict, rows, cost, files } = report;
  const { answered, failed } = rows;
  const figures = { verdict, answered, failed, costUsd: cost.usd };
  upsertMemo({ nightshift: { ...figures, results: files.results } });
  job.report = report;
  log.info('job done', { event: 'job_done', cancelled: job.cancelled, ...figures });
}

/** The provider's copies are deleted last, when the results are durable here. A failure here does not affect the results. */
async function cleanUp(job: JobRun): Promise<void> {
  if (job.settings.keepProviderFiles) return;
  try {
    const { left } = await providerCleanup(job.settings, "delete the provider's copies").cleanup(job.ref);
    if (left > 0) job.warn(`the provider's copies of ${left} batches could not be deleted; they expire there`);
  } catch {
    job.warn("the provider's copies could not be deleted; they expire there");
  }
}
