// Deletes the provider's copies of a job after its results are durable, and measures what the account then stores. Best effort: copies that are left
// expire at the provider.

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { BatchHandle } from '../../domain/batch/state.ts';
import type { JobRef } from '../../domain/ids.ts';
import { defaultAccount } from '../../domain/job.ts';
import { readJobFile, readOwn } from '../../job-folder/job-file.ts';
import { parseHandleFile, planFolder } from '../../job-folder/paths.ts';
import type { HandleRecord } from '../../job-folder/submission.ts';
import { readTally } from '../../job-folder/tallies.ts';
import type { Store } from '../../storage/store.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { measureFiles } from '../measure-files.ts';
import { isInDoubt } from './forget-uploads.ts';

/** Deletions in progress at the same time. */
const concurrency = 4;
const callMs = 30_000;

export interface CleanupResult {
  readonly forgotten: number;
  /** Batches whose copies could not be deleted, e.g. because they have not ended. */
  readonly left: number;
}

export async function cleanup(deps: Pick<ActivityDeps, 'store' | 'provider'>, ref: JobRef): Promise<CleanupResult> {
  const job = await readJobFile(deps.store, ref);
  const provider = requireProvider(deps, job);
  let forgotten = 0;
  let left = 0;
  const forget = async (handle: BatchHandle): Promise<void> => {
    try {
      await provider.forget(handle, { signal: AbortSignal.any([cancellationSignal(), AbortSignal.timeout(callMs)]) });
      forgotten += 1;
    } catch {
      left += 1;
    }
    heartbeat(forgotten + left);
  };
  const handles = listHandles(deps.store, ref.output);
  const forgetInTurn = async (): Promise<void> => {
    for (let next = await handles.next(); next.done !== true; next = await handles.next()) await forget(next.value);
  };
  await Promise.all(Array.from({ length: concurrency }, forgetInTurn));
  if (forgotten + left > 0) await measureFiles(provider, job.spec.account ?? defaultAccount, callMs);
  return { forgotten, left };
}

async function* listHandles(store: Store, output: string): AsyncGenerator<BatchHandle> {
  for await (const { uri } of store.list(planFolder(output))) {
    if (!uri.endsWith('.handle.json')) continue;
    const record = await readOwn<HandleRecord>(store, uri);
    yield* record.earlier;
    if (await isCollected(store, output, uri)) yield* [record.handle, ...(record.twinHandles ?? [])];
  }
}

async function isCollected(store: Store, output: string, handleUri: string): Promise<boolean> {
  const ref = parseHandleFile(output, handleUri);
  const tally = ref === null ? null : await readTally(store, ref);
  return tally !== null && !isInDoubt(tally);
}
