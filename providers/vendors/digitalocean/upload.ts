// Uploads a requests file: asks for a signed address, and sends the file there.

import type { Staged } from '../../../domain/batch/state.ts';
import type { Context, RequestFile } from '../../provider.ts';
import { putSigned } from '../../transport/signed-url.ts';
import { ask, type Connection } from '../openai/client.ts';
import { fileWire } from './wire.ts';

export async function upload(
  connection: Connection,
  baseUrl: string,
  file: RequestFile,
  ctx: Context,
): Promise<Staged> {
  const body = { file_name: file.name };
  const made = await ask(connection, 'upload', fileWire, async () =>
    (await connection.sdk()).post('/batches/files', { body, signal: ctx.signal }),
  );
  await putSigned(connection.caller, { url: made.upload_url, baseUrl }, file, ctx);
  return { fileId: made.file_id };
}
