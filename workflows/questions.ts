// Workflows that answer questions about a job and spend nothing: its estimate, its validity, and whether the worker is ready.

import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { Checkup } from '../domain/checkup.ts';
import type { JobEstimate } from '../domain/plan/estimate.ts';
import type { Validity } from '../domain/plan/validity.ts';
import { asRefusal, describeRun } from './job/open.ts';
import { bestEffort, filePass, promptCall } from './proxies.ts';

/** Plans the job in full, in a folder of its own, and deletes the plan afterwards. */
export async function estimateDataset(input: unknown): Promise<JobEstimate> {
  const output = `estimates/${workflowInfo().firstExecutionRunId}/`;
  try {
    const { timing, nonce } = await promptCall('validate the job').open({ ...describeRun(input), output });
    try {
      await filePass(timing, 'plan every batch').plan({ output, nonce });
      return await filePass(timing, 'add up the plan').estimate({ output, nonce });
    } finally {
      await CancellationScope.nonCancellable(() => bestEffort(timing, 'delete the plan').discard({ output, nonce }));
    }
  } catch (error) {
    throw asRefusal(error);
  }
}

/**
 * Refuses what `processDataset` would refuse before it starts, and what it would for the first rows. It claims nothing. `jobId` is the id that
 * the job is to have: its default output depends on it.
 */
export async function validateDataset(input: unknown, jobId?: string): Promise<Validity | null> {
  const run = describeRun(input);
  try {
    return await promptCall('validate the job').validate({ ...run, workflowId: jobId ?? run.workflowId });
  } catch (error) {
    throw asRefusal(error);
  }
}

export const checkWorker = (): Promise<Checkup> => promptCall("check the worker's environment").checkup();
