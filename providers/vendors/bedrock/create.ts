// Creates a job from a requests file in the bucket. Its name is the submission's key, by which `find` recognises it, and so is its token: a
// repeated create gives the same job.

import type { BatchHandle, Staged } from '../../../domain/batch/state.ts';
import type { RoleVerdict } from '../../../domain/checkup.ts';
import { ProviderError } from '../../error.ts';
import { toOutputUri } from '../../own-bucket.ts';
import type { Context, Submission } from '../../provider.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { cancel } from './cancel.ts';
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
  const jobArn = await createJob(connection, { name: key, model, uri }, ctx);
  const handle = dateUndated({ id: jobArn, createdAt: Number.NaN, fileId });
  // The reply does not say when the job was made. It was made, so nothing may fail any more.
  const job = await retrieveJob(connection, handle, ctx).catch(() => null);
  return { ...handle, createdAt: job?.submitTime?.getTime() ?? handle.createdAt };
}

interface NewJob {
  readonly name: string;
  readonly model: string;
  /** Of the requests file. */
  readonly uri: string;
}

async function createJob(connection: Connection, { name, model, uri }: NewJob, ctx: Context): Promise<string> {
  const input = {
    jobName: name,
    clientRequestToken: name,
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
  return jobArn;
}

/** Nearly every region has it. */
const trialModel = 'amazon.nova-micro-v1:0';
/** A request without a conversation: no model answers it. One record is also fewer than a job must have. */
const trialRecord = '{"recordId":"TRIAL000001","modelInput":{}}\n';

/** Creates a job that cannot run anything, and stops it: AWS looks at the role before it takes a job. */
export async function tryRole(connection: Connection, name: string, ctx: Context): Promise<RoleVerdict> {
  const bucket = connection.bucket();
  const { key, uri } = await bucket.put(`checkups/${name}/requests.jsonl`, toChunks(trialRecord), ctx);
  try {
    const jobArn = await createJob(connection, { name: `checkup-${name}`, model: trialModel, uri }, ctx);
    // It ends by itself too, because of what is in its file.
    await cancel(connection, { id: jobArn, createdAt: 0, fileId: null }, ctx).catch(() => undefined);
    return 'ok';
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return error.facts.fault === 'forbidden' ? 'refused' : 'unsure';
  } finally {
    await bucket.remove(key, ctx);
  }
}

async function* toChunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
