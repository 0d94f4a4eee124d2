// Everything that an ended batch left: its output file, then its error file. Either may be absent, whatever the ending.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { ProviderError } from '../../error.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/call.ts';
import { type Caller, plainFault, toProviderError, unreadableReply } from '../../transport/fault.ts';
import { replyBytes } from '../../transport/reply-bytes.ts';
import { ask, type Connection, retrieveBatch } from './client.ts';
import { listOutputs } from './poll.ts';
import { fileWire } from './wire.ts';

const newline = 0x0a;

export async function* download(
  connection: Connection,
  handle: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, true | null> {
  const batch = await retrieveBatch(connection, handle.id, ctx);
  const files = listOutputs(batch);
  // It was named a moment ago: nothing must not pass for all of it.
  if (files.length === 0) throw plainFault(connection.caller.name, 'not_ready');
  let last = newline;
  let isWhole: true | null = true;
  for (const id of files) {
    if (last !== newline) yield Buffer.from('\n');
    const content = readContent(connection, id, ctx);
    for (let next = await content.next(); ; next = await content.next()) {
      if (next.done === true) {
        isWhole = isWhole === null ? null : next.value;
        break;
      }
      last = next.value.at(-1) ?? last;
      yield next.value;
    }
  }
  return isWhole;
}

/** A cut transfer can end like a whole one, and Content-Length counts encoded bytes: the file's own size decides. */
async function* readContent(connection: Connection, id: string, ctx: Context): AsyncGenerator<Uint8Array, true | null> {
  const { caller, profile, sdk } = connection;
  const { signal } = ctx;
  const file = await waitIfMissing(caller, () =>
    ask(connection, 'read', fileWire, async () => (await sdk()).files.retrieve(id, { signal })),
  );
  const reply = await waitIfMissing(caller, () =>
    callProvider(caller, 'read', async () => (await sdk()).files.content(id, { signal })),
  );
  let received = 0;
  for await (const chunk of replyBytes(caller, reply, ctx)) {
    received += chunk.byteLength;
    yield chunk;
  }
  if (!profile.sizes || typeof file.bytes !== 'number') return null;
  if (received < file.bytes) throw unreadableReply(caller.name, 'read');
  return true;
}

/** A batch may name its output before the output can be read. */
export async function waitIfMissing<T>(caller: Caller, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isNotFound(error)) throw plainFault(caller.name, 'not_ready');
    throw toProviderError(caller, 'read', error);
  }
}

export const isNotFound = (error: unknown): boolean =>
  error instanceof ProviderError && error.facts.fault === 'not_found';
