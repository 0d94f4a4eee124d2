// The first line of a local file: some vendors' creates name what all lines of a requests file share.

import { createReadStream } from 'node:fs';

const newline = 0x0a;

export async function readFirstLine(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  const file: AsyncIterable<Buffer> = createReadStream(path);
  for await (const chunk of file) {
    const end = chunk.indexOf(newline);
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
    if (end >= 0) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
