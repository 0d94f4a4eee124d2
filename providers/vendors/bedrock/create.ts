// Creates a job from a requests file in the bucket. Its name is the submission's key, by which `find` recognises it, and so is its token: a
// repeated create gives the same job.

import type { BatchHandle, Staged } from '../../../domain/batch/state.ts';
import { toOutputUri } from '../../own-bucket.ts';
import type { Context, Submission } from '../../provider.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { ask, type Connection, retrieveJob } from './client.ts';
import { timeoutHours } from './limits.ts';
import { createdWire } from './wire.ts';

export async function create(
  connection: Connection,
  { fileId }: Staged,
  submission: Submission,
  ctx: Context,
): Promise<BatchHandle> {
  const { key, model } = submission;
  const uri = fileId ?? '';
  const input = {
    jobName: key,
    clientRequestToken: key,
    roleArn: connection.roleArn,
    modelId: model,
    modelInvocationType: 'Converse' as const,
    inputDataConfig: { s3InputDataConfig: { s3Uri: uri, s3InputFormat: 'JSONL' as const } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: `${toOutputUri(uri)}/` } },
    timeoutDurationInHours: timeoutHours,
  };
  const { jobArn } = await ask(
    connection,
    'create',
    createdWire,
    (sdk, send, options) => send(new sdk.CreateModelInvocationJobCommand(input), options),
    ctx,
  );
  const handle = dateUndated({ id: jobArn, createdAt: Number.NaN, fileId });
  // The reply does not say when the job was made. It was made, so nothing may fail any more.
  const job = await retrieveJob(connection, handle, ctx).catch(() => null);
  return { ...handle, createdAt: job?.submitTime?.getTime() ?? handle.createdAt };
}
