// Deletes a job, its output and its requests file. The bucket is the customer's, so nobody else deletes them.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { unlessStatus } from '../../transport/rest.ts';
import { ask, type Connection, jobUrl, toKey } from './client.ts';
import { listOutput } from './download.ts';
import { poll } from './poll.ts';
import { anyWire } from './wire.ts';

/** The job comes last: it names the output. */
export async function forget(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const view = await unlessStatus([404], () => poll(connection, handle, ctx));
  if (view !== null && view.phase !== 'ended') return;
  const bucket = connection.bucket();
  for (const folder of view?.outputs ?? []) {
    for (const { key } of await listOutput(bucket, folder, ctx)) await bucket.remove(key, ctx);
  }
  const input = handle.fileId === null ? null : toKey(bucket, handle.fileId);
  if (input !== null) await bucket.remove(input, ctx);
  const request = { method: 'DELETE' as const, url: jobUrl(connection, handle) };
  await unlessStatus([404], () => ask(connection, 'read', anyWire, request, ctx));
}
