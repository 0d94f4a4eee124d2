// The answers of an ended job: every file of rows in its output folder, one after another. A manifest says that they are complete.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { readRows } from '../../bucket-rows.ts';
import { requireOwnBucket } from '../../own-bucket.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { type Connection, caller, retrieveJob } from './client.ts';
import { isManifest, isRows, listOutput } from './objects.ts';
import { readState } from './poll.ts';

export async function* download(
  connection: Connection,
  handle: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, true | null> {
  const bucket = requireOwnBucket(caller.name, connection.bucket(), handle);
  const { ending } = readState(await retrieveJob(connection, handle, ctx));
  const files = ending === null ? [] : await listOutput(bucket, handle, ctx);
  const rows = files.filter(isRows);
  if (rows.length === 0) throw plainFault(caller.name, 'not_ready');
  for (const file of rows) yield* readRows(caller.name, bucket, file, ctx);
  return files.some(isManifest) ? true : null;
}
