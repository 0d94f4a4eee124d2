// Asks for a batch to be cancelled. It ends some minutes later, and keeps what it had finished.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/call.ts';
import { cancelUnlessOver } from '../../transport/cancel.ts';
import { batchPath, type Connection } from './client.ts';
import { poll } from './poll.ts';

export function cancel(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { signal } = ctx;
  const path = batchPath(connection, handle.id) + connection.profile.batches.cancelSuffix;
  return cancelUnlessOver(
    () => callProvider(connection.caller, 'read', async () => (await connection.sdk()).post(path, { signal })),
    () => poll(connection, handle, ctx),
  );
}
