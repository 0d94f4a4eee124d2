// A local file as part of a request's body, streamed: memory does not depend on its size.

import { createReadStream } from 'node:fs';
import type { Context, RequestFile } from '../provider.ts';
import { callTimeouts } from './call.ts';

const chunkBytes = 256 * 1024;

export interface Wrapping {
  readonly before: Buffer;
  readonly after: Buffer;
  /** Changes the file's bytes as they are sent; their total number must stay the same. */
  readonly through?: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
}

/** Resolves when the file is on this machine: a store that fails then fails before anything is sent. */
export async function openFile(file: RequestFile, { signal }: Context): Promise<AsyncGenerator<Buffer>> {
  return readPath(await file.path(signal), signal);
}

/** Opens nothing before the first chunk is asked for: a stream that nobody reads would stay open, or fail where nobody catches it. */
async function* readPath(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  yield* createReadStream(path, { highWaterMark: chunkBytes, signal });
}

export async function fileBody(file: RequestFile, wrapping: Wrapping, ctx: Context): Promise<AsyncGenerator<Buffer>> {
  return wrapFile(await openFile(file, ctx), wrapping, ctx);
}

async function* wrapFile(file: AsyncIterable<Buffer>, wrapping: Wrapping, ctx: Context): AsyncGenerator<Buffer> {
  yield wrapping.before;
  for await (const chunk of wrapping.through?.(file) ?? file) {
    yield chunk;
    ctx.moved?.(chunk.length);
  }
  yield wrapping.after;
}

/** For a request of an SDK whose body is the file: streamed, with its length, and with the time that it needs. */
export const streamFile = async (file: RequestFile, contentType: string, wrapping: Wrapping, ctx: Context) => ({
  body: await fileBody(file, wrapping, ctx),
  headers: {
    'content-type': contentType,
    'content-length': String(wrapping.before.length + file.bytes + wrapping.after.length),
  },
  signal: ctx.signal,
  timeout: callTimeouts.transferMs,
  fetchOptions: noRedirect,
});

/**
 * For `fetchOptions` of every request that carries data: fetch keeps a copy of a body that it might have to send again after a
 * redirect, and a redirect could take the data to another host.
 */
export const noRedirect = { redirect: 'error' } as const;
