// Every result of an ended batch, counted on the way: a transfer that is cut between two lines ends like a whole one.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { ProviderError } from '../../error.ts';
import type { Context } from '../../provider.ts';
import { plainFault, unreadableReply } from '../../transport/fault.ts';
import { replyBytes } from '../../transport/reply-bytes.ts';
import { type Connection, caller, openResults, retrieveBatch } from './client.ts';
import { isEnded, sumCounts } from './poll.ts';

export async function* download(connection: Connection, { id }: BatchHandle, ctx: Context): AsyncGenerator<Uint8Array> {
  const batch = await retrieveBatch(connection, id, ctx);
  if (!isEnded(batch)) throw plainFault(caller.name, 'not_ready');
  if (typeof batch.archived_at === 'string') throw plainFault(caller.name, 'not_found');
  const reply = await requestResults(connection, id, ctx);
  const lines = countLines();
  for await (const chunk of replyBytes(caller, reply, ctx)) {
    lines.see(chunk);
    yield chunk;
  }
  const total = sumCounts(batch);
  if (total !== null && lines.count() < total) throw unreadableReply(caller.name, 'read');
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

const newline = 0x0a;

/** Counts lines that are not empty; a carriage return alone is an empty line. */
function countLines() {
  let complete = 0;
  let open = 0;
  return {
    see(chunk: Uint8Array): void {
      let start = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
        if (open + at - start > 1) complete += 1;
        open = 0;
        start = at + 1;
      }
      open += chunk.length - start;
    },
    count: (): number => complete + (open > 1 ? 1 : 0),
  };
}
