// Bytes of a reply as they come, whatever their number, with a cut one told from a whole one where the platform can tell.

import type { Context } from '../provider.ts';
import { callProvider, unreadableReply } from './fault.ts';

/** The SDKs stop their clocks at the headers: a body that stalls is ended through `ctx.signal`. */
export async function* replyBytes(provider: string, reply: Response, ctx: Context): AsyncGenerator<Uint8Array> {
  if (reply.body === null) return;
  const reader: ReadableStreamDefaultReader<unknown> = reply.body.getReader();
  try {
    while (true) {
      const { done, value } = await callProvider(provider, 'read', () => reader.read());
      if (done) return;
      if (!(value instanceof Uint8Array)) throw unreadableReply(provider, 'read');
      ctx.moved?.(value.byteLength);
      yield value;
    }
  } finally {
    // Also where nobody wants the rest: the connection is not kept for it.
    await reader.cancel().catch(() => undefined);
  }
}
