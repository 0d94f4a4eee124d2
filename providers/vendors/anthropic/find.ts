// Finds the batches of a submission. Anthropic keeps no metadata, so each batch that may be one of them is listed with its size.

import { hasStatus } from '../../error.ts';
import type { Context, Found, Submission } from '../../provider.ts';
import { type Page, readNext, turnPages } from '../../transport/list-pages.ts';
import { replyBytes } from '../../transport/reply-bytes.ts';
import { findUnmarked, prefixMarks, type Unmarked } from '../../transport/unmarked.ts';
import { ask, batchesPath, type Connection, caller, openResults } from './client.ts';
import { firstLineBytesMax, listPageMax } from './limits.ts';
import { isEnded, sumCounts, toHandle } from './poll.ts';
import { type BatchWire, batchPageWire, batchWire } from './wire.ts';

export async function find(connection: Connection, submission: Submission, ctx: Context): Promise<Found> {
  const listing = await connection.recent.read(submission.since, submission.untried === true, (since) =>
    turnPages(caller.name, since, (after) => pageAfter(connection, after, ctx)),
  );
  return findUnmarked(
    listing,
    submission,
    prefixMarks(submission, connection.prefixes, (id) => readFirstCustomId(connection, id, ctx)),
  );
}

/** Ids are written without escapes: the vendor takes letters, digits, `_` and `-` only. */
const customIdField = /"custom_id"\s*:\s*"([A-Za-z0-9_-]{1,64})"/;

/** Reads no more of the results than needed to see one custom id. Null if there are no results to read. */
async function readFirstCustomId(connection: Connection, id: string, ctx: Context): Promise<string | null> {
  try {
    const reply = await openResults(connection, id, ctx);
    let head = '';
    for await (const chunk of replyBytes(caller, reply, ctx)) {
      head += Buffer.from(chunk).toString('latin1');
      const found = customIdField.exec(head)?.[1];
      if (found !== undefined) return found;
      if (head.length > firstLineBytesMax) return null;
    }
    return null;
  } catch (error) {
    if (hasStatus(error, [404, 400])) return null;
    throw error;
  }
}

async function pageAfter({ sdk }: Connection, after: string | null, { signal }: Context): Promise<Page<Unmarked>> {
  const query = { limit: listPageMax, ...(after === null ? {} : { after_id: after }) };
  const page = await ask('read', batchPageWire, async () => (await sdk()).get(batchesPath, { query, signal }));
  const items = page.data.flatMap((each) => {
    const batch = batchWire.safeParse(each);
    return batch.success ? [toUnmarked(batch.data)] : [];
  });
  return { items, count: page.data.length, ...readNext(page.data, page.has_more, page.last_id) };
}

const toUnmarked = (batch: BatchWire): Unmarked => ({
  ...toHandle(batch),
  size: sumCounts(batch),
  hasEnded: isEnded(batch),
  // An archived batch no longer has results.
  isGone: typeof batch.archived_at === 'string',
});
