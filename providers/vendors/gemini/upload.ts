// Uploads a requests file by the resumable protocol, streamed from disk in one piece. A batch that is sent with its create needs no upload.

import type { Staged } from '../../../domain/batch/state.ts';
import type { Context, RequestFile } from '../../provider.ts';
import { callProvider, callTimeouts } from '../../transport/call.ts';
import { unreadableReply } from '../../transport/fault.ts';
import { fileBody } from '../../transport/file-body.ts';
import { unlessStatus } from '../../transport/rest.ts';
import { apiUrl, ask, type Connection, caller, send } from './client.ts';
import { fileGone } from './forget.ts';
import { anyWire, uploadWire } from './wire.ts';

const nothing = Buffer.alloc(0);

export async function upload(connection: Connection, file: RequestFile, ctx: Context): Promise<Staged> {
  if (file.bytes <= connection.inlineBytesMax) return { fileId: null };
  const body = ReadableStream.from(await fileBody(file, { before: nothing, after: nothing }, ctx));
  const url = await beginUpload(connection, file, ctx);
  const headers = {
    'content-length': String(file.bytes),
    'x-goog-upload-offset': '0',
    'x-goog-upload-command': 'upload, finalize',
  };
  const request = { method: 'POST' as const, url, headers, body, timeoutMs: callTimeouts.transferMs };
  const uploaded = await ask(connection, 'upload', uploadWire, request, ctx);
  return { fileId: uploaded.file.name };
}

async function beginUpload(connection: Connection, { name, bytes }: RequestFile, ctx: Context): Promise<string> {
  const reply = await callProvider(caller, 'upload', () =>
    send(
      connection,
      {
        method: 'POST',
        url: apiUrl(connection, 'files', '/upload'),
        headers: {
          'x-goog-upload-protocol': 'resumable',
          'x-goog-upload-command': 'start',
          'x-goog-upload-header-content-length': String(bytes),
          'x-goog-upload-header-content-type': 'application/jsonl',
        },
        body: JSON.stringify({ file: { displayName: name } }),
      },
      ctx,
    ),
  );
  await reply.body?.cancel();
  return toOwnHost(connection, reply.headers.get('x-goog-upload-url'));
}

/** The file and the key go to the configured address alone, wherever the reply points to. */
function toOwnHost({ baseUrl }: Connection, given: string | null): string {
  if (given === null || !URL.canParse(given)) throw unreadableReply(caller.name, 'read');
  const { pathname, search } = new URL(given);
  return `${new URL(baseUrl).origin}${pathname}${search}`;
}

/** Of a file of another account, the vendor says that access is forbidden. */
export async function holdsFile(connection: Connection, fileId: string, ctx: Context): Promise<boolean> {
  const request = { method: 'GET' as const, url: apiUrl(connection, fileId) };
  return (await unlessStatus(fileGone, () => ask(connection, 'read', anyWire, request, ctx))) !== null;
}
