// Everything that an ended batch left, from the signed addresses of its output and of its errors.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { isLengthStated, replyBytes } from '../../transport/reply-bytes.ts';
import { getSigned } from '../../transport/signed-url.ts';
import { ask, batchPath, type Connection } from '../openai/client.ts';
import { waitIfMissing } from '../openai/download.ts';
import { resultsWire } from './wire.ts';

const newline = 0x0a;

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
  let last = newline;
  let isWhole: true | null = true;
  for (const url of [results.output_file_url, results.error_file_url]) {
    if (!url) continue;
    if (last !== newline) yield Buffer.from('\n');
    const reply = await getSigned(caller, { url, baseUrl }, ctx);
    if (!isLengthStated(reply)) isWhole = null;
    for await (const chunk of replyBytes(caller, reply, ctx)) {
      last = chunk.at(-1) ?? last;
      yield chunk;
    }
  }
  return isWhole;
}
