// Uploads a requests file. The SDK's own upload holds back how far it is and needs the redirect option to stay small;
// the multipart body written here streams, carries its length, and says how it moves.

import { randomUUID } from 'node:crypto';
import type { Staged } from '../../../domain/batch/state.ts';
import type { Context, RequestFile } from '../../provider.ts';
import { fileBody, noRedirect } from '../../transport/file-body.ts';
import { asked, type Connection } from './client.ts';
import { inputExpirySeconds } from './limits.ts';
import { fileWire } from './wire.ts';

export async function upload({ sdk, timeouts }: Connection, file: RequestFile, ctx: Context): Promise<Staged> {
  const boundary = `nightshift-${randomUUID()}`;
  const before = Buffer.from(opening(boundary, file.name));
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  const uploaded = await asked('read', fileWire, () =>
    sdk.post('/files', {
      body: fileBody(file.path, { before, after }, ctx),
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': String(before.length + file.bytes + after.length),
      },
      signal: ctx.signal,
      timeout: timeouts.transferMs,
      fetchOptions: noRedirect,
    }),
  );
  return { fileId: uploaded.id };
}

/** The vendor looks at the end of the name: anything but `.jsonl` is refused when the batch is created. */
function opening(boundary: string, name: string): string {
  const field = (key: string, value: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`;
  return [
    field('purpose', 'batch'),
    field('expires_after[anchor]', 'created_at'),
    field('expires_after[seconds]', String(inputExpirySeconds)),
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n`,
    'content-type: application/jsonl\r\n\r\n',
  ].join('');
}
