// Uploads a requests file. The SDK's own upload does not report progress, and holds the whole file unless redirects are refused. The multipart
// body here streams, carries its length and reports its bytes.

import { randomUUID } from 'node:crypto';
import type { Staged } from '../../../domain/batch/state.ts';
import type { Context, RequestFile } from '../../provider.ts';
import { callTimeouts } from '../../transport/call.ts';
import { fileBody, noRedirect } from '../../transport/file-body.ts';
import { ask, type Connection } from './client.ts';
import { inputExpirySeconds } from './limits.ts';
import { fileWire } from './wire.ts';

export async function upload(connection: Connection, file: RequestFile, ctx: Context): Promise<Staged> {
  const { profile, sdk } = connection;
  const boundary = `nightshift-${randomUUID()}`;
  const before = Buffer.from(formatOpening(boundary, profile.filePurpose, file.name));
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  const uploaded = await ask(connection, 'read', fileWire, async () =>
    (await sdk()).post('/files', {
      body: fileBody(file.path, { before, after }, ctx),
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': String(before.length + file.bytes + after.length),
      },
      signal: ctx.signal,
      timeout: callTimeouts.transferMs,
      fetchOptions: noRedirect,
    }),
  );
  return { fileId: uploaded.id };
}

/** The name must end in `.jsonl`, or the vendor refuses to create the batch. */
function formatOpening(boundary: string, purpose: string, name: string): string {
  const field = (key: string, value: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`;
  return [
    field('purpose', purpose),
    field('expires_after[anchor]', 'created_at'),
    field('expires_after[seconds]', String(inputExpirySeconds)),
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n`,
    'content-type: application/jsonl\r\n\r\n',
  ].join('');
}
