// Shows in the Web UI why a job ended without a report, and what to do. Writes nothing to history.

import { ApplicationFailure } from '@temporalio/common';
import { ContinueAsNew, isCancellation, setCurrentDetails } from '@temporalio/workflow';
import { renderFailurePage } from '../../domain/progress/failure-page.ts';
import type { JobRun } from './job-run.ts';

/** A cancelled job with a written report keeps the summary, and a job that continues as new has not ended. */
export function publishFailure(job: JobRun, error: unknown): void {
  if (job.report !== null || error instanceof ContinueAsNew || !(error instanceof Error)) return;
  setCurrentDetails(
    renderFailurePage(
      {
        state: isCancellation(error) ? 'cancelled' : 'failed',
        kind: error instanceof ApplicationFailure ? (error.type ?? null) : null,
        message: error.message,
        output: job.isOpen ? job.settings.output : null,
      },
      Date.now(),
    ),
  );
}
