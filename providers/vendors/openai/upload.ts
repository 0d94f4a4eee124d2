// Uploads a requests file. The SDK's own upload does not report progress, and holds the whole file unless redirects are refused. The multipart
// body here streams, carries its length and reports its bytes.

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Staged } from '../../../domain/batch/state.ts';
import { bareLines } from '../../dialects/openai/bare-lines.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import { callProvider, callTimeouts } from '../../transport/call.ts';
import { plainFault } from '../../transport/fault.ts';
import { fileBody, noRedirect } from '../../transport/file-body.ts';
import { ask, type Connection, type OpenaiProfile } from './client.ts';
import { inputExpirySeconds } from './limits.ts';
import { fileWire } from './wire.ts';

export async function upload(
  connection: Connection,
  file: RequestFile,
  { endpoint }: Submission,
  ctx: Context,
): Promise<Staged> {
  const { profile, sdk } = connection;
  const boundary = `nightshift-${randomUUID()}`;
  const before = Buffer.from(formatOpening(boundary, profile, file.name));
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  const uploaded = await ask(connection, 'read', fileWire, async () =>
    (await sdk()).post(profile.uploadPath, {
      body: fileBody(file.path, { before, after, ...(profile.bareLines ? { through: bareLines(endpoint) } : {}) }, ctx),
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': String(before.length + file.bytes + after.length),
      },
      signal: ctx.signal,
      timeout: callTimeouts.transferMs,
      fetchOptions: noRedirect,
    }),
  );
  await untilReady(connection, uploaded.id, uploaded.status ?? null, ctx);
  return { fileId: uploaded.id };
}

const readyAgainMs = 1000;
const readyTriesMax = 300;
const notReady: readonly (string | null)[] = ['pending', 'running'];

/** Some servers check a file before a batch may refer to it. */
async function untilReady(connection: Connection, id: string, first: string | null, { signal }: Context) {
  let status = first;
  for (let tries = 0; notReady.includes(status); tries += 1) {
    if (tries === readyTriesMax) throw plainFault(connection.caller.name, 'not_ready');
    await callProvider(connection.caller, 'read', () => setTimeout(readyAgainMs, undefined, { signal }));
    const file = await ask(connection, 'read', fileWire, async () =>
      (await connection.sdk()).files.retrieve(id, { signal }),
    );
    status = file.status ?? null;
  }
}

function listExpiry({ uploadExpires }: OpenaiProfile): (readonly [string, string])[] {
  const seconds = String(inputExpirySeconds);
  if (uploadExpires === 'seconds') return [['expires_after', seconds]];
  return uploadExpires
    ? [
        ['expires_after[anchor]', 'created_at'],
        ['expires_after[seconds]', seconds],
      ]
    : [];
}

/** The name must end in `.jsonl`, or the vendor refuses to create the batch. */
function formatOpening(boundary: string, profile: OpenaiProfile, name: string): string {
  const field = (key: string, value: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`;
  return [
    ...(profile.filePurpose === null ? [] : [field('purpose', profile.filePurpose)]),
    ...listExpiry(profile).map(([key, value]) => field(key, value)),
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n`,
    'content-type: application/jsonl\r\n\r\n',
  ].join('');
}
