// Opens a job: the first activity validates it, claims its output and resolves its settings. Refusals end the workflow itself.

import { ActivityFailure, ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import { promptCall } from '../proxies.ts';
import type { JobRun } from './job-run.ts';

export async function openJob(job: JobRun, input: unknown): Promise<void> {
  try {
    job.open(await promptCall('validate the job and claim its output').open(describeRun(input)));
  } catch (error) {
    throw asRefusal(error);
  }
}

/** The input of the activities that validate a job. */
export function describeRun(input: unknown) {
  const { workflowId, firstExecutionRunId: firstRunId, startTime } = workflowInfo();
  return { input: input ?? null, workflowId, firstRunId, startedAt: startTime.getTime(), scheduledAt: readSchedule() };
}

/** The time for which a schedule started this run. Temporal sets this search attribute in every namespace. */
function readSchedule(): number | null {
  const key = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');
  return workflowInfo().typedSearchAttributes.get(key)?.getTime() ?? null;
}

/** Fails the workflow with the activity's own message, which names the user's mistake, not with "Activity task failed". */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return error;
  return ApplicationFailure.nonRetryable(error.cause.message, error.cause.type ?? undefined);
}
