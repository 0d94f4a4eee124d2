// Deletes the provider's copies of a job, when everything that is worth keeping is durable here. Best effort: what stays behind expires there.

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { BatchHandle } from '../../domain/batch/state.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { readJobFile, readOwn, readOwnIfThere } from '../../job-folder/job-file.ts';
import { parseHandleFile, planFolder, tallyFile } from '../../job-folder/paths.ts';
import type { HandleRecord } from '../../job-folder/submission.ts';
import { type ActivityDeps, type JobRef, requireProvider } from '../deps.ts';

/** Deletions under way at once. */
const atOnce = 4;

export interface CleanupResult {
  readonly forgotten: number;
  /** Batches whose copies could not be deleted, e.g. since they have not ended. */
  readonly left: number;
}

export async function cleanup(deps: ActivityDeps, input: JobRef): Promise<CleanupResult> {
  const job = await readJobFile(deps.store, input.output);
  const provider = requireProvider(deps, job);
  let forgotten = 0;
  let left = 0;
  const forget = async (handle: BatchHandle): Promise<void> => {
    try {
      await provider.forget(handle, { signal: AbortSignal.any([cancellationSignal(), AbortSignal.timeout(30_000)]) });
      forgotten += 1;
    } catch {
      left += 1;
    }
    heartbeat(forgotten + left);
  };
  const handles = handlesIn(deps, input.output);
  const lane = async (): Promise<void> => {
    for (let next = await handles.next(); next.done !== true; next = await handles.next()) await forget(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { forgotten, left };
}

async function* handlesIn(deps: ActivityDeps, output: string): AsyncGenerator<BatchHandle> {
  for await (const { uri } of deps.store.list(planFolder(output))) {
    if (!uri.endsWith('.handle.json')) continue;
    const record = await readOwn<HandleRecord>(deps.store, uri);
    yield* record.earlier;
    if (await isCollected(deps, output, uri)) yield record.handle;
  }
}

/** What is in doubt may have been answered and paid for: a person is told to look at it, so it must be there. */
async function isCollected({ store }: ActivityDeps, output: string, handle: string): Promise<boolean> {
  const ref = parseHandleFile(output, handle);
  const tally = ref === null ? null : await readOwnIfThere<Tally>(store, tallyFile(ref));
  return tally !== null && (tally.rejected.in_doubt ?? 0) === 0;
}
