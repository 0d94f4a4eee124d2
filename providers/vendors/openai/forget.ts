// Deletes the vendor's copies of a batch's files. The batch object itself cannot be deleted: it holds no content.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/call.ts';
import type { Connection } from './client.ts';
import { isNotFound } from './download.ts';
import { poll } from './poll.ts';

export async function forget(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const shown = await unlessGone(async () => (await poll(connection, handle, ctx)).files);
  const files = new Set([...(shown ?? []), ...(handle.fileId === null ? [] : [handle.fileId])]);
  await deleteFiles(connection, [...files], ctx);
}

export async function deleteFiles(
  { caller, sdk }: Connection,
  files: readonly string[],
  { signal }: Context,
): Promise<void> {
  for (const id of files) {
    await unlessGone(() => callProvider(caller, 'read', async () => (await sdk()).files.delete(id, { signal })));
  }
}

/** Null if there is nothing of that name (any more). */
export async function unlessGone<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
