// The estimate of a folder that is planned.

import { estimate } from '../../activities/plan/estimate.ts';
import type { JobEstimate } from '../../domain/plan/estimate.ts';
import { type Folder, jobRef, quietEnvironment } from './plan/planning.ts';
import { wholeDeps } from './whole-job.ts';

export async function estimateOf(folder: Folder): Promise<JobEstimate> {
  let result: JobEstimate | null = null;
  await quietEnvironment().run(async () => {
    result = await estimate(wholeDeps(folder), jobRef);
  });
  if (result === null) throw new Error('there is no estimate');
  return result;
}
