// Finds the batches of a submission. OpenRouter keeps no metadata, so each batch that may be one of them is listed with its size.

import { ProviderError } from '../../error.ts';
import { asFields, asText, findByCode } from '../../json-fields.ts';
import type { Context, Found, Submission } from '../../provider.ts';
import { type Page, type RecentList, turnPages } from '../../transport/list-pages.ts';
import { findUnmarked, prefixMarks, type Unmarked } from '../../transport/unmarked.ts';
import { ask, type Connection } from '../openai/client.ts';
import { listPageMax } from '../openai/limits.ts';
import { toHandle } from '../openai/poll.ts';
import { readResults } from './results.ts';
import { batchWire } from './wire.ts';

/** What searches remember. */
export interface Searches {
  readonly prefixes: Map<string, string>;
  readonly recent: RecentList<Unmarked>;
}

export async function find(
  connection: Connection,
  { prefixes, recent }: Searches,
  submission: Submission,
  ctx: Context,
): Promise<Found> {
  const listing = await recent.read(submission.since, submission.untried === true, (since) =>
    turnPages(connection.caller.name, since, (after) => pageAfter(connection, after, ctx)),
  );
  return findUnmarked(
    listing,
    submission,
    prefixMarks(submission, prefixes, (id) => readFirstCustomId(connection, id, ctx)),
  );
}

async function readFirstCustomId(connection: Connection, id: string, ctx: Context): Promise<string | null> {
  try {
    const { results } = await readResults(connection, id, null, ctx);
    for (const result of results) {
      const customId = asText(asFields(result)?.custom_id);
      if (customId !== null) return customId;
    }
    return null;
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

const unread: readonly (number | null)[] = [400, 404, 409];
const isRefusal = (error: unknown): boolean => error instanceof ProviderError && unread.includes(error.facts.status);

async function pageAfter(connection: Connection, after: string | null, { signal }: Context): Promise<Page<Unmarked>> {
  const { profile, sdk } = connection;
  const { endings, batches } = profile;
  const query = batches.pageQuery(after, listPageMax);
  const page = await ask(connection, 'read', batches.page(after), async () =>
    (await sdk()).get(batches.path, { query, signal }),
  );
  const items = page.data.flatMap((each) => {
    const batch = batchWire.safeParse(each);
    if (!batch.success) return [];
    // A total of 0 is one that is not known.
    const size = batch.data.request_counts?.total || null;
    const hasEnded = findByCode(endings, batch.data.status)?.ending != null;
    // A batch that was refused whole has no results to know it by, and costs nothing: it is of no use even if it is ours.
    const counts = batch.data.request_counts;
    const isGone = batch.data.status === 'failed' && (counts?.completed ?? 0) + (counts?.failed ?? 0) === 0;
    return [{ ...toHandle(batch.data), size, hasEnded, isGone }];
  });
  return { items, count: page.data.length, next: page.next, more: page.more };
}
