// Questions about a job that spend nothing: what it would cost, whether it is right, whether the worker is ready.

import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { Checkup } from '../domain/checkup.ts';
import type { JobEstimate } from '../domain/plan/estimate.ts';
import { scheduledAt } from './job/scheduled.ts';
import { longWork, opening, tidying } from './proxies.ts';
import { asRefusal } from './refusal.ts';

/** Plans the job for real, in a folder of its own, and puts the plan away. */
export async function estimateDataset(input: unknown): Promise<JobEstimate> {
  const output = `estimates/${workflowInfo().firstExecutionRunId}/`;
  try {
    const { timing } = await opening('validate the job').open({ ...question(input), output });
    try {
      await longWork(timing, 'plan every batch').plan({ output });
      return await longWork(timing, 'sum up the plan').estimate({ output });
    } finally {
      await CancellationScope.nonCancellable(() => tidying(timing, 'put the plan away').discard({ output }));
    }
  } catch (error) {
    throw asRefusal(error);
  }
}

/** Everything that `processDataset` would refuse before it reads the rows; claims nothing. */
export async function validateDataset(input: unknown): Promise<void> {
  try {
    await opening('validate the job').validate(question(input));
  } catch (error) {
    throw asRefusal(error);
  }
}

export const checkWorker = (): Promise<Checkup> => opening("look at the worker's surroundings").checkup();

function question(input: unknown) {
  const { workflowId, firstExecutionRunId: firstRunId, startTime } = workflowInfo();
  return { input: input ?? null, workflowId, firstRunId, startedAt: startTime.getTime(), scheduledAt: scheduledAt() };
}
