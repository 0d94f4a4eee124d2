// Asks for a job to be stopped. It ends some minutes later, and keeps what it answered.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { cancelUnlessOver } from '../../transport/cancel.ts';
import { ask, type Connection } from './client.ts';
import { poll } from './poll.ts';
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
    () => poll(connection, handle, ctx),
  );
}
