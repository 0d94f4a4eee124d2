// Creates a job from a requests file in the bucket. The display name is its submission's key, by which `find` recognises it.

import type { BatchHandle, Staged } from '../../../domain/batch/state.ts';
import { toOutputUri } from '../../own-bucket.ts';
import type { Context, Submission } from '../../provider.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { ask, type Connection, modelPath } from './client.ts';
import { toHandle } from './poll.ts';
import { jobWire } from './wire.ts';

export async function create(
  connection: Connection,
  { fileId }: Staged,
  submission: Submission,
  ctx: Context,
): Promise<BatchHandle> {
  const body = JSON.stringify({
    displayName: submission.key,
    model: modelPath(submission),
    inputConfig: { instancesFormat: 'jsonl', gcsSource: { uris: [fileId] } },
    outputConfig: {
      predictionsFormat: 'jsonl',
      // The vendor makes a folder of its own in it for each job.
      gcsDestination: { outputUriPrefix: toOutputUri(fileId ?? '') },
    },
  });
  const url = `${connection.place}/batchPredictionJobs`;
  const job = await ask(connection, 'create', jobWire, { method: 'POST', url, body }, ctx);
  return { ...dateUndated(toHandle(job)), fileId };
}
