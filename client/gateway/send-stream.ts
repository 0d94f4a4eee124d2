// Answers with bytes as they are read. If reading fails, the connection is cut, so that nobody takes a part for the whole.

import type { Context } from 'hono';
import type { GatewayEnv } from './parts.ts';

interface SentStream {
  readonly contentType: string;
  /** Null if it is not known. */
  readonly bytes: number | null;
}

export function sendStream(
  context: Context<GatewayEnv>,
  chunks: AsyncIterable<Uint8Array | string>,
  { contentType, bytes }: SentStream,
): Response {
  context.header('content-type', contentType);
  if (bytes !== null) context.header('content-length', String(bytes));
  // A browser does not run what a caller uploaded.
  context.header('content-security-policy', 'sandbox');
  return context.body(ReadableStream.from(copyChunks(chunks)) as ReadableStream<Uint8Array>);
}

/** Copies, because a stream holds chunks for longer than they are valid. */
async function* copyChunks(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk);
}
