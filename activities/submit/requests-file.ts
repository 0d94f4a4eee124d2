// A planned batch's requests as a file on this machine, as long as a call needs it.

import { InvariantBroken } from '../../domain/refusal.ts';
import { requestsFile } from '../../job-folder/paths.ts';
import type { SubmissionRef } from '../../job-folder/submission.ts';
import type { RequestFile, Submission } from '../../providers/provider.ts';
import type { ActivityDeps } from '../deps.ts';

export async function withRequests<T>(
  deps: ActivityDeps,
  input: SubmissionRef,
  submission: Submission,
  use: (file: RequestFile) => Promise<T>,
): Promise<T> {
  const uri = requestsFile(input);
  const stored = await deps.store.head(uri);
  if (stored?.bytes !== input.bytes) {
    throw new InvariantBroken(`${uri}: ${input.bytes} bytes were planned, there are ${stored?.bytes ?? 0}`);
  }
  const local = await deps.store.localFile(uri);
  try {
    return await use({ path: local.path, name: `${submission.key}.jsonl`, bytes: input.bytes, items: input.items });
  } finally {
    await local.done();
  }
}
