// Creates a batch from an uploaded requests file, or from the items themselves if they are few. The display name is its submission's key, by
// which `find` recognises it.

import { readFile } from 'node:fs/promises';
import type { BatchHandle, Staged } from '../../../domain/batch/state.ts';
import { embedEndpoint, takeApart } from '../../dialects/gemini/requests.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { apiUrl, ask, type Connection, modelPath } from './client.ts';
import { toHandle } from './poll.ts';
import { batchWire } from './wire.ts';

export async function create(
  connection: Connection,
  { fileId }: Staged,
  file: RequestFile,
  { key, model, endpoint }: Submission,
  ctx: Context,
): Promise<BatchHandle> {
  const method = endpoint === embedEndpoint ? 'asyncBatchEmbedContent' : 'batchGenerateContent';
  const input = fileId === null ? await listRequests(file, ctx) : JSON.stringify({ fileName: fileId });
  const body = `{"batch":{"displayName":${JSON.stringify(key)},"inputConfig":${input}}}`;
  const url = apiUrl(connection, `${modelPath(model)}:${method}`);
  const batch = await ask(connection, 'create', batchWire, { method: 'POST', url, body }, ctx);
  return { ...dateUndated(toHandle(batch)), fileId };
}

/** The bodies' own texts are sent, so that a number too large for a double is the same as in a file. */
async function listRequests(file: RequestFile, ctx: Context): Promise<string> {
  const text = await readFile(await file.path(ctx.signal), { encoding: 'utf8', signal: ctx.signal });
  const requests = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { customId, body } = takeApart(Buffer.from(line));
      return `{"request":${body},"metadata":{"key":"${customId}"}}`;
    });
  ctx.moved?.(file.bytes);
  return `{"requests":{"requests":[${requests.join(',')}]}}`;
}
