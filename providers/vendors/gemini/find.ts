// Finds the batches of a submission by the display name that each create gives.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context, Found, Submission } from '../../provider.ts';
import { confirmAll, type Page, turnPages } from '../../transport/list-pages.ts';
import { apiUrl, ask, type Candidate, type Connection, caller } from './client.ts';
import { listPageMax } from './limits.ts';
import { toHandle } from './poll.ts';
import { batchPageWire, batchWire } from './wire.ts';

export async function find(connection: Connection, submission: Submission, ctx: Context): Promise<Found> {
  const { items, isWhole } = await connection.recent.read(submission.since, submission.untried === true, (since) =>
    turnPages(caller.name, since, (after) => pageAfter(connection, after, ctx)),
  );
  const own = items.filter((each) => each.submission === submission.key);
  return confirmAll({ items: own.map(({ submission: _, ...handle }): BatchHandle => handle), isWhole });
}

/** Without `response`, which may hold the answers of a batch. */
const listedFields = 'operations(name,metadata,done,error),nextPageToken';

async function pageAfter(connection: Connection, after: string | null, ctx: Context): Promise<Page<Candidate>> {
  const query = new URLSearchParams({ pageSize: String(listPageMax), fields: listedFields });
  if (after !== null) query.set('pageToken', after);
  const url = `${apiUrl(connection, 'batches')}?${query}`;
  const page = await ask(connection, 'read', batchPageWire, { method: 'GET', url }, ctx);
  // A batch of another program may have an unknown shape: it is left out, and the job's own are still found.
  const listed = page.operations ?? [];
  const items = listed.flatMap((each) => {
    const batch = batchWire.safeParse(each);
    return batch.success ? [{ ...toHandle(batch.data), submission: batch.data.metadata?.displayName }] : [];
  });
  const next = page.nextPageToken === '' ? null : (page.nextPageToken ?? null);
  return { items, count: listed.length, next, more: next !== null };
}
