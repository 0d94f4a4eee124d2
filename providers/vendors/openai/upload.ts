// Uploads a requests file, and sees which files are stored. The SDK's own upload does not report progress, and holds the whole file unless
// redirects are refused. The multipart body here streams, carries its length and reports its bytes.

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Staged } from '../../../domain/batch/state.ts';
import type { FileUsage } from '../../../domain/capacity/file-storage.ts';
import { bareLines } from '../../dialects/openai/bare-lines.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import { callProvider } from '../../transport/call.ts';
import { type Caller, plainFault } from '../../transport/fault.ts';
import { streamFile } from '../../transport/file-body.ts';
import { addUpFiles, type ListedFile } from '../../transport/listed-files.ts';
import { ask, type Connection, type OpenaiProfile } from './client.ts';
import { unlessGone } from './forget.ts';
import type { FileListForm } from './form.ts';
import { inputExpirySeconds } from './limits.ts';
import { fileWire } from './wire.ts';

export async function upload(
  connection: Connection,
  file: RequestFile,
  { endpoint }: Submission,
  ctx: Context,
): Promise<Staged> {
  const { caller, profile, sdk } = connection;
  const { id, status } = await ask(connection, 'upload', fileWire, () =>
    sendFile(connection, profile.uploadPath, file, endpoint, ctx),
  );
  const read = async (): Promise<string | null> => {
    const { signal } = ctx;
    const kept = await ask(connection, 'read', fileWire, async () => (await sdk()).files.retrieve(id, { signal }));
    return kept.status ?? null;
  };
  await untilReady(caller, status ?? null, read, ctx);
  return { fileId: id };
}

/** Sends the file as a form, and gives the reply. */
export async function sendFile(
  { profile, sdk }: Connection,
  path: string,
  file: RequestFile,
  endpoint: string,
  ctx: Context,
): Promise<unknown> {
  const boundary = `nightshift-${randomUUID()}`;
  const before = Buffer.from(formatOpening(boundary, profile, file.name));
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  const wrapping = { before, after, ...(profile.bareLines ? { through: bareLines(endpoint) } : {}) };
  const request = await streamFile(file, `multipart/form-data; boundary=${boundary}`, wrapping, ctx);
  return (await sdk()).post(path, request);
}

export async function holdsFile({ caller, sdk }: Connection, fileId: string, { signal }: Context): Promise<boolean> {
  const file = await unlessGone(() =>
    callProvider(caller, 'read', async () => (await sdk()).files.retrieve(fileId, { signal })),
  );
  return file !== null;
}

/** A small file is ready almost immediately. The wait doubles from try to try, up to a second. */
const readyFirstMs = 30;
const readyAgainMs = 1000;
const readyTriesMax = 300;
const notReady: readonly (string | null)[] = ['pending', 'running', 'uploading'];

/** Some servers check a file before a batch may refer to it. */
export async function untilReady(
  caller: Caller,
  first: string | null,
  read: () => Promise<string | null>,
  { signal }: Context,
): Promise<void> {
  let status = first;
  for (let tries = 0; notReady.includes(status); tries += 1) {
    if (tries === readyTriesMax) throw plainFault(caller.name, 'not_ready');
    const waitMs = Math.min(readyAgainMs, readyFirstMs * 2 ** tries);
    await callProvider(caller, 'read', () => setTimeout(waitMs, undefined, { signal }));
    status = await read();
  }
}

function listExpiry({ uploadExpires }: OpenaiProfile): (readonly [string, string])[] {
  const seconds = String(inputExpirySeconds);
  if (uploadExpires === 'seconds') return [['expires_after', seconds]];
  if (uploadExpires === 'hours') return [['expiry', String(inputExpirySeconds / 3600)]];
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

/** All files of the account, for whatever purpose they were uploaded: all of them fill its storage. */
export function measureFiles(
  connection: Connection,
  { pageQuery, page: shape }: FileListForm,
  { signal }: Context,
): Promise<FileUsage> {
  return addUpFiles(connection.caller.name, async (after) => {
    const { data, next, more } = await ask(connection, 'read', shape(after), async () =>
      (await connection.sdk()).get('/files', { query: pageQuery(after), signal }),
    );
    return { items: data.flatMap(readFile), count: data.length, next, more };
  });
}

function readFile(listed: unknown): ListedFile[] {
  const file = fileWire.safeParse(listed).data;
  if (file === undefined) return [];
  const { id, filename, bytes, expires_at: expiresAt } = file;
  return [{ id, name: filename ?? null, bytes: bytes ?? null, expires: expiresAt != null }];
}
