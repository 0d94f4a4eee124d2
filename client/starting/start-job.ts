// Starts a job's workflow.

import type { Client } from '@temporalio/client';
import { toTaskPriority } from '../../domain/sharing.ts';
import type { Job } from '../../input/schema.ts';
import { jobText } from './job-text.ts';

/** With a reference, only the path enters Temporal's history. */
export interface JobReference {
  /** A path below the data root, or the uri of a file in a bucket. */
  readonly job: string;
}

export interface StartOptions {
  /** The workflow's id, also used in the name of the default output. */
  readonly id: string;
  readonly taskQueue?: string;
  /** Never starts a second run of the id, also after the first one has ended. Default: false. */
  readonly once?: boolean;
}

export async function startJob(
  client: Client,
  job: Job | JobReference,
  { id, taskQueue, once = false }: StartOptions & Pick<Required<StartOptions>, 'taskQueue'>,
): Promise<void> {
  await client.workflow.start('processDataset', {
    workflowId: id,
    taskQueue,
    args: [job],
    workflowIdReusePolicy: once ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
    // A job that is only named has its priority from its first activity on.
    ...('job' in job ? {} : { priority: toTaskPriority(job) }),
    ...jobText(job, id),
  });
}
