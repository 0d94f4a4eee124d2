// The answers of an ended batch: a file, or the list inside the batch if it was created with its items. An expired batch has none.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { hasStatus } from '../../error.ts';
import { asFields, asText } from '../../json-fields.ts';
import type { Context } from '../../provider.ts';
import { callProvider } from '../../transport/call.ts';
import { plainFault } from '../../transport/fault.ts';
import { isLengthStated, replyBytes } from '../../transport/reply-bytes.ts';
import { apiUrl, type Connection, caller, retrieveBatch, send } from './client.ts';
import { readOutput, readState } from './poll.ts';

export async function* download(
  connection: Connection,
  { id }: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, true | null> {
  const batch = await retrieveBatch(connection, id, ctx);
  const { ending } = readState(batch);
  const { file, entries } = readOutput(batch);
  if (ending === null || (ending === 'completed' && file === null && entries === null)) {
    throw plainFault(caller.name, 'not_ready');
  }
  if (file !== null) return yield* downloadFile(connection, file, ctx);
  for (const entry of entries ?? []) yield toLine(entry);
  return entries === null ? null : true;
}

/** The vendor refuses to describe its own output files, because their names are too long, so no size is known but that of the reply. */
async function* downloadFile(
  connection: Connection,
  file: string,
  ctx: Context,
): AsyncGenerator<Uint8Array, true | null> {
  const url = `${apiUrl(connection, file, '/download')}:download?alt=media`;
  const reply = await waitIfMissing(() =>
    callProvider(caller, 'read', () => send(connection, { method: 'GET', url, timeoutMs: null }, ctx)),
  );
  yield* replyBytes(caller, reply, ctx);
  return isLengthStated(reply) ? true : null;
}

/** In the form of a line of a file. The custom id is in the metadata that its create gave. */
function toLine(entry: unknown): Buffer {
  const { metadata, ...answer } = asFields(entry) ?? {};
  return Buffer.from(`${JSON.stringify({ key: asText(asFields(metadata)?.key) ?? undefined, ...answer })}\n`);
}

/** A batch may name its output before the output can be read. */
async function waitIfMissing<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw hasStatus(error, [404]) ? plainFault(caller.name, 'not_ready') : error;
  }
}
