// The results of an ended batch, page by page, as lines of OpenAI's output. The vendor states no number of bytes.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { type ResultLines, resultPages } from '../../transport/result-pages.ts';
import { ask, batchPath, type Connection, retrieveBatch } from '../openai/client.ts';
import { waitIfMissing } from '../openai/download.ts';
import { resultsPageMax } from './limits.ts';
import { toOutputLine } from './results.ts';
import { type ResultsPage, resultsWire } from './wire.ts';

export async function* download(
  connection: Connection,
  { id }: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, null> {
  const { caller } = connection;
  const batch = await retrieveBatch(connection, id, ctx);
  if (connection.profile.endings[batch.status]?.ending == null) throw plainFault(caller.name, 'not_ready');
  const read = async (token: string | null): Promise<ResultLines> => {
    const page = await readPage(connection, id, token, ctx);
    return { lines: page.results.map(toOutputLine), next: page.pagination_token };
  };
  return yield* resultPages(caller, read, ctx);
}

function readPage(connection: Connection, id: string, token: string | null, { signal }: Context): Promise<ResultsPage> {
  const query = { limit: resultsPageMax, ...(token === null ? {} : { pagination_token: token }) };
  const path = `${batchPath(connection, id)}/results`;
  return waitIfMissing(connection.caller, () =>
    ask(connection, 'read', resultsWire, async () => (await connection.sdk()).get(path, { query, signal })),
  );
}
