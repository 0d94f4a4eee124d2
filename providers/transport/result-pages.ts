// The results of an ended batch that come in pages, as lines.

import type { Context } from '../provider.ts';

export interface ResultLines {
  readonly lines: readonly string[];
  /** The cursor of the next page; null or blank after the last one. */
  readonly next: string | null | undefined;
}

/** Never says that all of it came: such a vendor states no number of bytes. */
export async function* resultPages(
  read: (cursor: string | null) => Promise<ResultLines>,
  ctx: Context,
): AsyncGenerator<Uint8Array, null> {
  const turned = new Set<string>();
  let cursor: string | null = null;
  do {
    if (cursor !== null) turned.add(cursor);
    const page: ResultLines = await read(cursor);
    const bytes = Buffer.from(page.lines.map((line) => `${line}\n`).join(''));
    ctx.moved?.(bytes.length);
    if (bytes.length > 0) yield bytes;
    cursor = page.next || null;
    // A server that ignores the cursor would give its first page again and again.
  } while (cursor !== null && !turned.has(cursor));
  return null;
}
