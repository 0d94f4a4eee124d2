// Everything an ended batch left: its output file, then its error file, either of which may be absent in any ending.

import { ProviderError } from '../../error.ts';
import type { Context } from '../../provider.ts';
import { callProvider, plainFault, toProviderError, unreadableReply } from '../../transport/fault.ts';
import { replyBytes } from '../../transport/reply-bytes.ts';
import { asked, type Connection, retrieveBatch, vendor } from './client.ts';
import { fileWire } from './wire.ts';

const newline = 0x0a;

export async function* download(connection: Connection, batchId: string, ctx: Context): AsyncGenerator<Uint8Array> {
  const batch = await retrieveBatch(connection, batchId, ctx);
  const files = [batch.output_file_id, batch.error_file_id].filter((id) => typeof id === 'string' && id !== '');
  let last = newline;
  for (const id of files) {
    if (last !== newline) yield Buffer.from('\n');
    for await (const chunk of readContent(connection, id ?? '', ctx)) {
      last = chunk.at(-1) ?? last;
      yield chunk;
    }
  }
}

/** A cut transfer can end like a whole one, and Content-Length counts encoded bytes: the file's own size decides. */
async function* readContent({ sdk }: Connection, id: string, ctx: Context): AsyncGenerator<Uint8Array> {
  const { signal } = ctx;
  const file = await present(() => asked('read', fileWire, () => sdk.files.retrieve(id, { signal })));
  const reply = await present(() => callProvider(vendor, 'read', () => sdk.files.content(id, { signal })));
  let received = 0;
  for await (const chunk of replyBytes(vendor, reply, ctx)) {
    received += chunk.byteLength;
    yield chunk;
  }
  if (typeof file.bytes === 'number' && received < file.bytes) throw unreadableReply(vendor, 'read');
}

/** A batch may name its output before that can be read. */
async function present<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isNotFound(error)) throw plainFault(vendor, 'not_ready');
    throw toProviderError(vendor, 'read', error);
  }
}

export const isNotFound = (error: unknown): boolean =>
  error instanceof ProviderError && error.facts.fault === 'not_found';
