// Creates a batch: the requests file streams into the body, so that memory does not depend on its size.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { bareLines } from '../../dialects/openai/bare-lines.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import { commaSeparated } from '../../transport/comma-separated.ts';
import { streamFile } from '../../transport/file-body.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { ask, type Connection } from '../openai/client.ts';
import { toHandle } from '../openai/poll.ts';
import { batchWire } from './wire.ts';

const after = Buffer.from(']}');

export async function create(
  connection: Connection,
  file: RequestFile,
  { endpoint, model }: Submission,
  ctx: Context,
): Promise<BatchHandle> {
  // The vendor reads the body as it comes: the requests must come last.
  const opening = { endpoint, model, completion_window: '24h' };
  const before = Buffer.from(`${JSON.stringify(opening).slice(0, -1)},"requests":[`);
  const through = (chunks: AsyncIterable<Buffer>) => commaSeparated(bareLines(endpoint)(chunks));
  const made = await ask(connection, 'create', batchWire, async () =>
    (await connection.sdk()).post(
      connection.profile.batches.path,
      await streamFile(file, 'application/json', { before, after, through }, ctx),
    ),
  );
  return dateUndated(toHandle(made));
}
