// Everything that an ended batch left, from the signed addresses of its output and of its errors.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { signedFiles } from '../../transport/signed-url.ts';
import { ask, batchPath, type Connection } from '../openai/client.ts';
import { waitIfMissing } from '../openai/download.ts';
import { resultsWire } from './wire.ts';

export async function* download(
  connection: Connection,
  baseUrl: string,
  { id }: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, true | null> {
  const { caller } = connection;
  const path = `${batchPath(connection, id)}/results`;
  const results = await waitIfMissing(caller, () =>
    ask(connection, 'read', resultsWire, async () => (await connection.sdk()).get(path, { signal: ctx.signal })),
  );
  if (results.result_available === false) throw plainFault(caller.name, 'not_ready');
  const urls = [results.output_file_url, results.error_file_url].flatMap((url) => url || []);
  return yield* signedFiles(caller, urls, baseUrl, ctx);
}
