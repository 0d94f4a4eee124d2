// The results of an ended batch, page by page: each is a line of OpenAI's output. The vendor states no number of bytes.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { type ResultLines, resultPages } from '../../transport/result-pages.ts';
import { type Connection, retrieveBatch } from '../openai/client.ts';
import { waitIfMissing } from '../openai/download.ts';
import { readResults } from './results.ts';

export async function* download(
  connection: Connection,
  { id }: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, null> {
  const { caller, profile } = connection;
  const { status } = await retrieveBatch(connection, id, ctx);
  if (profile.endings[status]?.ending == null) throw plainFault(caller.name, 'not_ready');
  const read = async (cursor: string | null): Promise<ResultLines> => {
    const page = await waitIfMissing(caller, () => readResults(connection, id, cursor, ctx));
    return { lines: page.results.map((result) => JSON.stringify(result)), next: page.next_cursor };
  };
  return yield* resultPages(caller, read, ctx);
}
