// The results of an ended batch, page by page: each is a line of OpenAI's output. The vendor states no number of bytes.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { type Connection, retrieveBatch } from '../openai/client.ts';
import { waitIfMissing } from '../openai/download.ts';
import { readResults } from './results.ts';
import type { ResultsPage } from './wire.ts';

export async function* download(
  connection: Connection,
  { id }: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, null> {
  const { caller, profile } = connection;
  const { status } = await retrieveBatch(connection, id, ctx);
  if (profile.endings[status]?.ending == null) throw plainFault(caller.name, 'not_ready');
  const turned = new Set<string>();
  let cursor: string | null = null;
  do {
    if (cursor !== null) turned.add(cursor);
    const page: ResultsPage = await waitIfMissing(caller, () => readResults(connection, id, cursor, ctx));
    const lines = Buffer.from(page.results.map((result) => `${JSON.stringify(result)}\n`).join(''));
    ctx.moved?.(lines.length);
    if (lines.length > 0) yield lines;
    cursor = page.next_cursor || null;
    // A server that ignores the cursor would give its first page again and again.
  } while (cursor !== null && !turned.has(cursor));
  return null;
}
