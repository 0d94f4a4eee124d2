// Asks for a batch to be cancelled. It ends some minutes later, and keeps what it had finished.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { ProviderError } from '../../error.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/call.ts';
import { batchPath, type Connection } from './client.ts';
import { poll } from './poll.ts';

/** A batch that has ended, or is being cancelled, refuses to be cancelled: that counts as done. */
export async function cancel(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { signal } = ctx;
  const path = batchPath(connection, handle.id) + connection.profile.batches.cancelSuffix;
  try {
    await callProvider(connection.caller, 'read', async () => (await connection.sdk()).post(path, { signal }));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { phase } = await poll(connection, handle, ctx);
    if (phase !== 'ended' && phase !== 'cancelling') throw error;
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof ProviderError && (error.facts.status === 400 || error.facts.status === 409);
