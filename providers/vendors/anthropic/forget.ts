// Ends and tidies up: cancels a batch, deletes it with its results.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { ProviderError } from '../../error.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/fault.ts';
import { asked, batchPath, type Connection, retrieveBatch, vendor } from './client.ts';
import { toView } from './view.ts';
import { batchWire } from './wire.ts';

/** A batch that has ended, or is being cancelled, refuses to be cancelled: that is as good. */
export async function cancel(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { signal } = ctx;
  try {
    await asked('read', batchWire, () => connection.sdk.post(`${batchPath(handle.id)}/cancel`, { signal }));
  } catch (error) {
    if (!hasStatus(error, [400, 409])) throw error;
    const { phase } = toView(await retrieveBatch(connection, handle.id, ctx));
    if (phase !== 'ended' && phase !== 'cancelling') throw error;
  }
}

/** Only an ended batch can be deleted. One that never ends is left to the vendor's own retention of 29 days. */
export async function forget(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { signal } = ctx;
  try {
    const { phase } = toView(await retrieveBatch(connection, handle.id, ctx));
    if (phase !== 'ended') return;
    await callProvider(vendor, 'read', () => connection.sdk.delete(batchPath(handle.id), { signal }));
  } catch (error) {
    if (!hasStatus(error, [404])) throw error;
  }
}

const hasStatus = (error: unknown, statuses: readonly number[]): boolean =>
  error instanceof ProviderError && error.facts.status !== null && statuses.includes(error.facts.status);
