// Puts a requests file into the account's bucket, in the folder of its submission. A second copy replaces the first.

import type { Staged } from '../../../domain/batch/state.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import { openFile } from '../../transport/file-body.ts';
import type { Connection } from './client.ts';
import { requestsKey } from './objects.ts';

export async function upload(
  { bucket }: Connection,
  file: RequestFile,
  { key }: Submission,
  ctx: Context,
): Promise<Staged> {
  const content = await openFile(file, ctx);
  return { fileId: (await bucket().put(requestsKey(key), content, ctx)).uri };
}
