// Puts a requests file into the account's bucket, in the folder of its submission. A second copy replaces the first.

import type { Staged } from '../../../domain/batch/state.ts';
import { nameRows } from '../../dialects/vertex/name-rows.ts';
import { claudeEndpoint } from '../../dialects/vertex/requests.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import { openFile } from '../../transport/file-body.ts';
import type { Connection } from './client.ts';

export async function upload(
  { bucket }: Connection,
  file: RequestFile,
  { key, endpoint }: Submission,
  ctx: Context,
): Promise<Staged> {
  const content = await openFile(file, ctx);
  const name = `${key}/requests.jsonl`;
  if (endpoint === claudeEndpoint) return { fileId: (await bucket().put(name, content, ctx)).uri };
  // Rows change their length: the bytes of the file count, not those that are sent.
  const named = nameRows(content, endpoint, (bytes) => ctx.moved?.(bytes));
  const { uri } = await bucket().put(name, named, { signal: ctx.signal });
  return { fileId: uri };
}
