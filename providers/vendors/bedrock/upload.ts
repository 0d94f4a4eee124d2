// Puts a requests file into the account's bucket, in the folder of its submission. A second copy replaces the first.

import { createReadStream } from 'node:fs';
import type { Staged } from '../../../domain/batch/state.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import type { Connection } from './client.ts';
import { requestsKey } from './objects.ts';

const chunkBytes = 256 * 1024;

export async function upload(
  { bucket }: Connection,
  file: RequestFile,
  { key }: Submission,
  ctx: Context,
): Promise<Staged> {
  const content = createReadStream(await file.path(ctx.signal), { highWaterMark: chunkBytes, signal: ctx.signal });
  return { fileId: (await bucket().put(requestsKey(key), content, ctx)).uri };
}
