// Request lines for vendors that name the endpoint once, on the batch: their lines have a custom id and a body only.

import { opening } from '../request-line.ts';

const newline = 0x0a;
const space = 0x20;
/** The digits of a custom id, and the quote and comma after it. */
const afterCustomId = opening.length + 32 + 2;

/**
 * Overwrites the members between custom id and body with blanks, which JSON allows there: the file's length stays the same, so it can be stated
 * before the file is sent. The lines must be those of `encode`.
 */
export function bareLines(endpoint: string): (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer> {
  const until = afterCustomId + Buffer.byteLength(`"method":"POST","url":"${endpoint}",`);
  return async function* (chunks) {
    // How much of the current line was in earlier chunks.
    let before = 0;
    for await (const chunk of chunks) {
      for (let start = 0; start < chunk.length; ) {
        const newlineAt = chunk.indexOf(newline, start);
        const end = newlineAt < 0 ? chunk.length : newlineAt;
        const lineStart = start - before;
        const [from, to] = [Math.max(start, lineStart + afterCustomId), Math.min(end, lineStart + until)];
        if (from < to) chunk.fill(space, from, to);
        before = newlineAt < 0 ? before + end - start : 0;
        start = end + 1;
      }
      yield chunk;
    }
  };
}
