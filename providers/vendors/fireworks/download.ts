// Everything that an ended job left: the files of its output dataset, from their signed addresses.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { signedFiles } from '../../transport/signed-url.ts';
import { ask, type Connection, retrieveBatch } from '../openai/client.ts';
import { waitIfMissing } from '../openai/download.ts';
import { downloadWire } from './wire.ts';

export async function* download(
  connection: Connection,
  baseUrl: string,
  { id }: BatchHandle,
  ctx: Context,
): AsyncGenerator<Uint8Array, true | null> {
  const { caller, profile, sdk } = connection;
  const { status, output_file_id: dataset } = await retrieveBatch(connection, id, ctx);
  if (profile.endings[status]?.ending == null || dataset == null) throw plainFault(caller.name, 'not_ready');
  // A missing dataset may be one that is not there yet, or one that was deleted.
  const { filenameToSignedUrls: urls } = await waitIfMissing(caller, () =>
    ask(connection, 'read', downloadWire, async () =>
      (await sdk()).get(`/datasets/${encodeURIComponent(dataset)}:getDownloadEndpoint`, { signal: ctx.signal }),
    ),
  );
  return yield* signedFiles(caller, Object.values(urls), baseUrl, ctx);
}
