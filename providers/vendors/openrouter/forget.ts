// Deletes a batch with its results. Only an ended batch can be deleted: the vendor deletes any other after 30 days.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/call.ts';
import { batchPath, type Connection } from '../openai/client.ts';
import { unlessGone } from '../openai/forget.ts';
import { poll } from '../openai/poll.ts';

export async function forget(connection: Connection, handle: BatchHandle, ctx: Context): Promise<void> {
  const { caller, sdk } = connection;
  await unlessGone(async () => {
    const { phase } = await poll(connection, handle, ctx);
    if (phase !== 'ended') return;
    const path = batchPath(connection, handle.id);
    await callProvider(caller, 'read', async () => (await sdk()).delete(path, { signal: ctx.signal }));
  });
}
