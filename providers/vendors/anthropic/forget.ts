// Deletes a batch with its results. Only an ended batch can be deleted: the vendor deletes any other after 29 days.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { hasStatus } from '../../error.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/call.ts';
import { batchPath, type Connection, caller } from './client.ts';
import { poll } from './poll.ts';

export async function forget(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { signal } = ctx;
  try {
    const { phase } = await poll(connection, handle, ctx);
    if (phase !== 'ended') return;
    await callProvider(caller, 'read', async () => (await connection.sdk()).delete(batchPath(handle.id), { signal }));
  } catch (error) {
    if (!hasStatus(error, [404])) throw error;
  }
}
