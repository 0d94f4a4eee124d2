// Asks for a job to be stopped. It ends some minutes later, and keeps what it answered.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { cancelUnlessOver } from '../../transport/cancel.ts';
import { ask, type Connection, retrieveJob } from './client.ts';
import { readState } from './poll.ts';
import { anyWire } from './wire.ts';

export function cancel(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  return cancelUnlessOver(
    () =>
      ask(
        connection,
        'read',
        anyWire,
        (sdk, send, options) => send(new sdk.StopModelInvocationJobCommand({ jobIdentifier: handle.id }), options),
        ctx,
      ),
    async () => readState(await retrieveJob(connection, handle, ctx)),
  );
}
