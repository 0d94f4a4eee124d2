// Reads `job.json`: the spec as resolved, which every activity goes by.

import type { ActivityDeps } from '../activities/deps.ts';
import type { JobFile } from '../domain/job.ts';
import { InvariantBroken } from '../domain/refusal.ts';
import type { Provider } from '../providers/provider.ts';
import { readOwn } from './own-file.ts';
import { jobFile } from './paths.ts';

export async function readJobFile(deps: Pick<ActivityDeps, 'store'>, output: string): Promise<JobFile> {
  return readOwn<JobFile>(deps.store, jobFile(output));
}

export function requireProvider(deps: Pick<ActivityDeps, 'provider'>, job: JobFile): Provider {
  const provider = deps.provider(job.spec.provider);
  if (provider === undefined) {
    throw new InvariantBroken(
      `this worker does not know the provider ${job.spec.provider}: start the version that began the job`,
    );
  }
  return provider;
}
