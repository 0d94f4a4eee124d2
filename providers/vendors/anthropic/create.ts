// Creates a batch: the requests file streams into the body, so that memory does not depend on its size.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context, RequestFile } from '../../provider.ts';
import { commaSeparated } from '../../transport/comma-separated.ts';
import { streamFile } from '../../transport/file-body.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { ask, batchesPath, type Connection } from './client.ts';
import { toHandle } from './poll.ts';
import { batchWire } from './wire.ts';

const before = Buffer.from('{"requests":[');
const after = Buffer.from(']}');

export async function create({ sdk }: Connection, file: RequestFile, ctx: Context): Promise<BatchHandle> {
  const created = await ask('create', batchWire, async () =>
    (await sdk()).post(
      batchesPath,
      await streamFile(file, 'application/json', { before, after, through: commaSeparated }, ctx),
    ),
  );
  return dateUndated(toHandle(created));
}
