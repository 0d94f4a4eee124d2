// Deletes a batch and its files. The vendor deletes uploads after 48 hours and results after six weeks by itself.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { unlessStatus } from '../../transport/rest.ts';
import { apiUrl, ask, batchPath, type Connection } from './client.ts';
import { poll } from './poll.ts';
import { anyWire } from './wire.ts';

/** Of a file that is gone or belongs to another account, the vendor says that access is forbidden. */
export const fileGone = [403, 404];
/** The vendor's own output files have names that it refuses as too long: they are deleted with their batch, or by age. */
const outputGone = [400, ...fileGone];

export async function forget(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const view = await unlessStatus([404], () => poll(connection, handle, ctx));
  if (view !== null && view.phase !== 'ended') return;
  const outputs = (view?.files ?? []).filter((file) => file !== handle.fileId);
  for (const file of outputs) await remove(connection, file, outputGone, ctx);
  if (handle.fileId !== null) await forgetFile(connection, handle.fileId, ctx);
  await remove(connection, batchPath(handle.id), [404], ctx);
}

export const forgetFile = (connection: Connection, fileId: string, ctx: Context): Promise<void> =>
  remove(connection, fileId, fileGone, ctx);

async function remove(connection: Connection, path: string, gone: readonly number[], ctx: Context): Promise<void> {
  const request = { method: 'DELETE' as const, url: apiUrl(connection, path) };
  await unlessStatus(gone, () => ask(connection, 'read', anyWire, request, ctx));
}
