// The results of an ended batch, page by page, as lines of OpenAI's output. The vendor states no number of bytes.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
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
  const turned = new Set<string>();
  let token: string | null = null;
  do {
    if (token !== null) turned.add(token);
    const page: ResultsPage = await readPage(connection, id, token, ctx);
    const lines = Buffer.from(page.results.map((result) => `${toOutputLine(result)}\n`).join(''));
    ctx.moved?.(lines.length);
    if (lines.length > 0) yield lines;
    token = page.pagination_token || null;
    // A server that ignores the token would give its first page again and again.
  } while (token !== null && !turned.has(token));
  return null;
}

function readPage(connection: Connection, id: string, token: string | null, { signal }: Context): Promise<ResultsPage> {
  const query = { limit: resultsPageMax, ...(token === null ? {} : { pagination_token: token }) };
  const path = `${batchPath(connection, id)}/results`;
  return waitIfMissing(connection.caller, () =>
    ask(connection, 'read', resultsWire, async () => (await connection.sdk()).get(path, { query, signal })),
  );
}
