// A reply's bytes as they arrive, in constant memory. A reply that was cut fails where the platform notices it.

import type { Context } from '../provider.ts';
import { callProvider } from './call.ts';
import { type Caller, unreadableReply } from './fault.ts';

/** The SDKs' timeouts end at the headers: `ctx.signal` ends a body that stalls. */
export async function* replyBytes(caller: Caller, reply: Response, ctx: Context): AsyncGenerator<Uint8Array> {
  if (reply.body === null) return;
  const reader: ReadableStreamDefaultReader<unknown> = reply.body.getReader();
  try {
    while (true) {
      const { done, value } = await callProvider(caller, 'read', () => reader.read());
      if (done) return;
      if (!(value instanceof Uint8Array)) throw unreadableReply(caller.name, 'read');
      ctx.moved?.(value.byteLength);
      yield value;
    }
  } finally {
    // Also if the reader stops early, so that the connection does not stay open for the rest.
    await reader.cancel().catch(() => undefined);
  }
}

/** Whether the length is that of the bytes that are read, which is not so for an encoded reply. Then a shorter reply fails while it is read. */
export const isLengthStated = ({ headers }: Response): boolean =>
  headers.get('content-length') !== null && headers.get('content-encoding') === null;
