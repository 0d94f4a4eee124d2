// Creates a batch: the requests file streams into the body, so that memory does not depend on its size.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context, RequestFile } from '../../provider.ts';
import { callTimeouts } from '../../transport/call.ts';
import { fileBody, noRedirect } from '../../transport/file-body.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { ask, batchesPath, type Connection } from './client.ts';
import { toHandle } from './poll.ts';
import { batchWire } from './wire.ts';

const before = Buffer.from('{"requests":[');
const after = Buffer.from(']}');
const newline = 0x0a;
const comma = 0x2c;
const space = 0x20;

export async function create({ sdk }: Connection, file: RequestFile, ctx: Context): Promise<BatchHandle> {
  const created = await ask('create', batchWire, async () =>
    (await sdk()).post(batchesPath, {
      body: fileBody(file.path, { before, after, through: commaSeparated }, ctx),
      headers: {
        'content-type': 'application/json',
        'content-length': String(before.length + file.bytes + after.length),
      },
      signal: ctx.signal,
      timeout: callTimeouts.transferMs,
      fetchOptions: noRedirect,
    }),
  );
  return dateUndated(toHandle(created));
}

/** Newlines become commas, and the last one a blank, so that the length stays the same. JSON has no raw newline inside a line. */
async function* commaSeparated(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer | null = null;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    if (held !== null) yield held;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) chunk[at] = comma;
    held = chunk;
  }
  if (held === null) return;
  if (held.at(-1) === comma) held[held.length - 1] = space;
  yield held;
}
