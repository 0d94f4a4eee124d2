// Asks for a batch to be cancelled. It ends some minutes later, and keeps what it had finished.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { ask, batchPath, type Connection, hasStatus } from './client.ts';
import { poll } from './poll.ts';
import { batchWire } from './wire.ts';

/** A batch that has ended, or is being cancelled, refuses to be cancelled: that counts as done. */
export async function cancel(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { signal } = ctx;
  try {
    await ask('read', batchWire, async () =>
      (await connection.sdk()).post(`${batchPath(handle.id)}/cancel`, { signal }),
    );
  } catch (error) {
    if (!hasStatus(error, [400, 409])) throw error;
    const { phase } = await poll(connection, handle, ctx);
    if (phase !== 'ended' && phase !== 'cancelling') throw error;
  }
}
