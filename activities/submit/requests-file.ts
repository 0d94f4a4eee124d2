// Gives a provider call a planned batch's requests as a file on this machine.

import { CancelledFailure } from '@temporalio/activity';
import { InvariantBroken } from '../../domain/refusal.ts';
import { requestsFile } from '../../job-folder/paths.ts';
import type { SubmissionRef } from '../../job-folder/submission.ts';
import type { RequestFile, Submission } from '../../providers/provider.ts';
import { type Store, StoreError } from '../../storage/store.ts';

/**
 * The file lasts as long as `use`, and comes to this machine when its path is asked for: a create that refers to an uploaded file needs none.
 * Fails without a call if the file does not have its planned length.
 */
export async function withRequestsFile<T>(
  store: Store,
  ref: SubmissionRef,
  { key }: Submission,
  use: (file: RequestFile) => Promise<T>,
): Promise<T> {
  const uri = requestsFile(ref);
  const stored = await store.head(uri);
  if (stored?.bytes !== ref.bytes) {
    throw new InvariantBroken(`${uri}: ${ref.bytes} bytes were planned, there are ${stored?.bytes ?? 0}`);
  }
  let local: ReturnType<Store['localFile']> | null = null;
  const path = async (signal: AbortSignal): Promise<string> => {
    local ??= store.localFile(uri, signal);
    try {
      return (await local).path;
    } catch (error) {
      if (error instanceof StoreError || error instanceof CancelledFailure) throw error;
      // A time-out here would pass for one of the provider's call, but nothing was sent.
      throw new StoreError('unavailable', uri);
    }
  };
  try {
    return await use({ path, name: `${key}.jsonl`, bytes: ref.bytes, items: ref.items });
  } finally {
    await release(local);
  }
}

async function release(local: ReturnType<Store['localFile']> | null): Promise<void> {
  const copy = await local?.catch(() => null);
  await copy?.done();
}
