// One of several files of rows in a bucket, which are read one after another.

import type { Bucket, BucketFile } from './bucket.ts';
import type { Context } from './provider.ts';
import { unreadableReply } from './transport/fault.ts';

const newline = 10;

/** The last line of a file may lack its end, and another file may follow. */
export async function* readRows(
  vendor: string,
  bucket: Bucket,
  { key, bytes }: BucketFile,
  ctx: Context,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  let last = newline;
  for await (const chunk of bucket.read(key, ctx)) {
    read += chunk.byteLength;
    last = chunk.at(-1) ?? last;
    yield chunk;
  }
  if (read !== bytes) throw unreadableReply(vendor, 'read');
  if (last !== newline) yield Buffer.of(newline);
}
