// Deletes a job's output and its requests file. The bucket is the customer's, so nobody else deletes them. The job itself cannot be deleted.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { requireOwnBucket } from '../../own-bucket.ts';
import type { Context } from '../../provider.ts';
import { unlessStatus } from '../../transport/rest.ts';
import { type Connection, caller, retrieveJob } from './client.ts';
import { listOutput, readRequestsKey } from './objects.ts';
import { readState } from './poll.ts';

export async function forget(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const bucket = requireOwnBucket(caller.name, connection.bucket(), handle);
  const job = await unlessStatus([404], () => retrieveJob(connection, handle, ctx));
  if (job !== null && readState(job).ending === null) return;
  for (const { key } of await listOutput(bucket, handle, ctx)) await bucket.remove(key, ctx);
  const requests = readRequestsKey(bucket, handle);
  if (requests !== null) await bucket.remove(requests, ctx);
}
