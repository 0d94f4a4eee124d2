// The results of an ended batch that come in pages, as lines. A page that fails is read again by itself, because a download that begins again
// would read all pages before it too.

import { setTimeout } from 'node:timers/promises';
import { reactionTo } from '../../domain/batch/backoff.ts';
import { ProviderError } from '../error.ts';
import type { Context } from '../provider.ts';
import { callProvider } from './call.ts';
import { type Caller, unreadableReply } from './fault.ts';

export interface ResultLines {
  readonly lines: readonly string[];
  /** The cursor of the next page; null or blank after the last one. */
  readonly next: string | null | undefined;
}

type Read = (cursor: string | null) => Promise<ResultLines>;

/** A server that ignores the cursor gives its first page again and again; one that never ends gives new cursors. */
const pagesMax = 10_000;

/** Never says that all of it came: such a vendor states no number of bytes. */
export async function* resultPages(caller: Caller, read: Read, ctx: Context): AsyncGenerator<Uint8Array, null> {
  const turned = new Set<string>();
  let cursor: string | null = null;
  do {
    if (cursor !== null) turned.add(cursor);
    const page: ResultLines = await readUntilShown(caller, read, cursor, ctx);
    const bytes = Buffer.from(page.lines.map((line) => `${line}\n`).join(''));
    ctx.moved?.(bytes.length);
    if (bytes.length > 0) yield bytes;
    cursor = page.next || null;
    if (turned.size >= pagesMax) throw unreadableReply(caller.name, 'read');
  } while (cursor !== null && !turned.has(cursor));
  return null;
}

const triesMax = 4;
const againMs = 1000;

async function readUntilShown(caller: Caller, read: Read, cursor: string | null, ctx: Context): Promise<ResultLines> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read(cursor);
    } catch (error) {
      if (tries === triesMax || ctx.signal.aborted || !mayPass(error)) throw error;
      // The transfer continues, although nothing came.
      ctx.moved?.(0);
      await callProvider(caller, 'read', () => setTimeout(tries * againMs, undefined, { signal: ctx.signal }));
    }
  }
}

/** If the vendor asks for a wait, the caller waits. */
const mayPass = (error: unknown): boolean =>
  error instanceof ProviderError &&
  reactionTo[error.facts.fault].kind === 'again' &&
  error.facts.fault !== 'not_ready' &&
  error.facts.retryAfterMs === null;
