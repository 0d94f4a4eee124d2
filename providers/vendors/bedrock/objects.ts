// Where the files of a job are in the account's bucket. AWS makes a folder of its own in the output for each job.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { SubmissionKey } from '../../../domain/ids.ts';
import type { Bucket, BucketFile } from '../../bucket.ts';
import { toOutputUri } from '../../own-bucket.ts';
import type { Context } from '../../provider.ts';

const requestsName = 'requests.jsonl';

export const requestsKey = (key: SubmissionKey): string => `${key}/${requestsName}`;

/** The key of the job's requests file in its own bucket; null if it is not known, or has another name. */
export const readRequestsKey = ({ uri }: Bucket, { fileId }: BatchHandle): string | null =>
  fileId?.endsWith(`/${requestsName}`) ? fileId.slice(uri.length) : null;

/** Everything that a job has left so far. */
export async function listOutput(bucket: Bucket, handle: BatchHandle, ctx: Context): Promise<BucketFile[]> {
  const requests = readRequestsKey(bucket, handle);
  if (requests === null) return [];
  const prefix = `${toOutputUri(requests)}/${handle.id.split('/').at(-1)}/`;
  const files: BucketFile[] = [];
  for await (const file of bucket.list(prefix, ctx)) files.push(file);
  return files;
}

export const isRows = ({ key }: BucketFile): boolean => key.endsWith('.jsonl.out');

/** AWS writes it when the rows are complete. */
export const isManifest = ({ key }: BucketFile): boolean => key.endsWith('/manifest.json.out');
