// Every result of an ended batch. The vendor states no number of bytes, only how many requests it answered, so the readers of the lines must
// notice missing ones.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { ProviderError } from '../../error.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { isLengthStated, replyBytes } from '../../transport/reply-bytes.ts';
import { type Connection, caller, openResults, retrieveBatch } from './client.ts';
import { isEnded } from './poll.ts';

export async function* download(
  connection: Connection,
  { id }: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, true | null> {
  const batch = await retrieveBatch(connection, id, ctx);
  if (!isEnded(batch)) throw plainFault(caller.name, 'not_ready');
  if (typeof batch.archived_at === 'string') throw plainFault(caller.name, 'not_found');
  const reply = await requestResults(connection, id, ctx);
  yield* replyBytes(caller, reply, ctx);
  return isLengthStated(reply) ? true : null;
}

/** A batch may have ended before its results can be read. */
async function requestResults(connection: Connection, id: string, ctx: Context): Promise<Response> {
  try {
    return await openResults(connection, id, ctx);
  } catch (error) {
    const isMissing = error instanceof ProviderError && error.facts.fault === 'not_found';
    throw isMissing ? plainFault(caller.name, 'not_ready') : error;
  }
}
