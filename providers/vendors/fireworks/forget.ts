// Deletes the datasets of a job. The job itself holds no content, and stays.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/call.ts';
import type { Connection } from '../openai/client.ts';
import { unlessGone } from '../openai/forget.ts';
import { poll } from '../openai/poll.ts';

export async function forget(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const shown = await unlessGone(async () => (await poll(connection, handle, ctx)).files);
  const datasets = new Set([...(shown ?? []), ...(handle.fileId === null ? [] : [handle.fileId])]);
  for (const id of datasets) await deleteDataset(connection, id, ctx);
}

export async function deleteDataset({ caller, sdk }: Connection, id: string, { signal }: Context): Promise<void> {
  const path = `/datasets/${encodeURIComponent(id)}`;
  await unlessGone(() => callProvider(caller, 'read', async () => (await sdk()).delete(path, { signal })));
}
