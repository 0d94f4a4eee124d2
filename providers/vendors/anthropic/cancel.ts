// Asks for a batch to be cancelled. It ends some minutes later, and keeps what it had finished.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { cancelUnlessOver } from '../../transport/cancel.ts';
import { ask, batchPath, type Connection } from './client.ts';
import { poll } from './poll.ts';
import { batchWire } from './wire.ts';

export function cancel(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { signal } = ctx;
  const path = `${batchPath(handle.id)}/cancel`;
  return cancelUnlessOver(
    () => ask('read', batchWire, async () => (await connection.sdk()).post(path, { signal })),
    () => poll(connection, handle, ctx),
  );
}
