// Asks for a job to be cancelled. It ends some minutes later; what it then keeps is not documented.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { cancelUnlessOver } from '../../transport/cancel.ts';
import { ask, type Connection, jobUrl, retrieveJob } from './client.ts';
import { readState } from './poll.ts';
import { anyWire } from './wire.ts';

export function cancel(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const url = `${jobUrl(connection, handle)}:cancel`;
  return cancelUnlessOver(
    () => ask(connection, 'read', anyWire, { method: 'POST', url, body: '{}' }, ctx),
    async () => readState(await retrieveJob(connection, handle, ctx)),
  );
}
