// Asks for a batch to be cancelled. It ends some minutes later; what it then keeps is not documented.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { hasStatus } from '../../transport/rest.ts';
import { apiUrl, ask, batchPath, type Connection } from './client.ts';
import { poll } from './poll.ts';
import { anyWire } from './wire.ts';

/** A batch that has ended, or is being cancelled, refuses to be cancelled: that counts as done. */
export async function cancel(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const url = `${apiUrl(connection, batchPath(handle.id))}:cancel`;
  try {
    await ask(connection, 'read', anyWire, { method: 'POST', url, body: '{}' }, ctx);
  } catch (error) {
    if (!hasStatus(error, [400, 409])) throw error;
    const { phase } = await poll(connection, handle, ctx);
    if (phase !== 'ended' && phase !== 'cancelling') throw error;
  }
}
