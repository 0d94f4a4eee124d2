// Ends and tidies up: cancels a batch, deletes the vendor's copies of its files.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { ProviderError } from '../../error.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/fault.ts';
import { asked, type Connection, retrieveBatch, vendor } from './client.ts';
import { isNotFound } from './download.ts';
import { toView } from './view.ts';
import { batchWire } from './wire.ts';

/** A batch that has ended, or is being cancelled, refuses to be cancelled: that is as good. */
export async function cancel(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { signal } = ctx;
  try {
    await asked('read', batchWire, () => connection.sdk.batches.cancel(handle.id, { signal }));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { phase } = toView(await retrieveBatch(connection, handle.id, ctx));
    if (phase !== 'ended' && phase !== 'cancelling') throw error;
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof ProviderError && (error.facts.status === 400 || error.facts.status === 409);

/** The batch object itself cannot be deleted there: it holds no content. */
export async function forget(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { sdk } = connection;
  const { signal } = ctx;
  const shown = await unlessGone(async () => toView(await retrieveBatch(connection, handle.id, ctx)).files);
  const files = new Set([...(shown ?? []), ...(handle.fileId === null ? [] : [handle.fileId])]);
  for (const id of files) {
    await unlessGone(() => callProvider(vendor, 'read', () => sdk.files.delete(id, { signal })));
  }
}

async function unlessGone<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
