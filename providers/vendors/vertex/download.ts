// The answers of an ended job: every file of rows in its output folder, one after another. How many files there are is the vendor's affair.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Bucket, BucketFile } from '../../bucket.ts';
import { readRows } from '../../bucket-rows.ts';
import { requireOwnBucket } from '../../own-bucket.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { type Connection, caller, retrieveJob, toKey } from './client.ts';
import { readOutputFolder, readState } from './poll.ts';

export async function* download(
  connection: Connection,
  handle: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, true | null> {
  const bucket = requireOwnBucket(caller.name, connection.bucket(), handle);
  const job = await retrieveJob(connection, handle, ctx);
  const { ending } = readState(job);
  const folder = readOutputFolder(job);
  if (ending === null || (folder === null && ending === 'completed')) throw plainFault(caller.name, 'not_ready');
  if (folder === null) return null;
  const files = await listOutput(bucket, folder, ctx);
  if (files.length === 0) throw plainFault(caller.name, 'not_ready');
  for (const file of files) yield* readRows(caller.name, bucket, file, ctx);
  // Whether these are all the files, nobody says: the counts decide.
  return null;
}

const isRows = ({ key }: BucketFile): boolean => /\.jsonl(-\d+-of-\d+)?$/.test(key);

/** Empty if the folder is not in the account's bucket. */
export async function listOutput(bucket: Bucket, folder: string, ctx: Context): Promise<BucketFile[]> {
  const prefix = toKey(bucket, `${folder.replace(/\/+$/, '')}/`);
  if (prefix === null || prefix === '') return [];
  const files: BucketFile[] = [];
  for await (const file of bucket.list(prefix, ctx)) files.push(file);
  return files.filter(isRows);
}
