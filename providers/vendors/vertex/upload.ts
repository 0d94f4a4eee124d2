// Puts a requests file into the account's bucket, in the folder of its submission. A second copy replaces the first.

import { createReadStream } from 'node:fs';
import type { Staged } from '../../../domain/batch/state.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import type { Connection } from './client.ts';

const chunkBytes = 256 * 1024;

export async function upload(
  { bucket }: Connection,
  { path }: RequestFile,
  { key }: Submission,
  ctx: Context,
): Promise<Staged> {
  const content = createReadStream(path, { highWaterMark: chunkBytes, signal: ctx.signal });
  const { uri } = await bucket().put(`${key}/requests.jsonl`, content, ctx);
  return { fileId: uri };
}
