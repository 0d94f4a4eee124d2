// Answers with bytes as they are read. If reading fails, the connection is cut, so that nobody takes a part for the whole. A reader that takes
// nothing for a while is cut off too.

import type { ServerResponse } from 'node:http';
import type { Context } from 'hono';
import type { GatewayLimits } from './config.ts';
import type { GatewayEnv } from './parts.ts';

interface SentStream {
  readonly contentType: string;
  /** Null if it is not known. */
  readonly bytes: number | null;
  readonly limits: Pick<GatewayLimits, 'writeSeconds'>;
}

export function sendStream(
  context: Context<GatewayEnv>,
  chunks: AsyncIterable<Uint8Array | string>,
  { contentType, bytes, limits }: SentStream,
): Response {
  context.header('content-type', contentType);
  if (bytes !== null) context.header('content-length', String(bytes));
  // A browser does not run what a caller uploaded.
  context.header('content-security-policy', 'sandbox');
  const pieces = copyPieces(chunks, context.env.outgoing, limits.writeSeconds * 1000);
  return context.body(ReadableStream.from(pieces) as ReadableStream<Uint8Array>);
}

/** A slow reader must take so much within the time that it has. */
const pieceBytes = 64 * 1024;

/** Copies, because a stream holds chunks for longer than they are valid. The next piece is asked for when the reader has taken most of the last one. */
async function* copyPieces(
  chunks: AsyncIterable<Uint8Array | string>,
  response: ServerResponse,
  idleMs: number,
): AsyncGenerator<Uint8Array> {
  // While bytes are read from the store, the reader is not to blame.
  let isReadersTurn = false;
  const timer = setTimeout(() => {
    if (isReadersTurn) response.destroy();
  }, idleMs);
  response.once('close', () => clearTimeout(timer));
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      isReadersTurn = true;
      timer.refresh();
      yield Buffer.from(bytes.subarray(from, from + pieceBytes));
      isReadersTurn = false;
    }
  }
  // The last piece is still to be taken.
  isReadersTurn = true;
  if (!response.closed) timer.refresh();
}
