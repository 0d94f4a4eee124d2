// Finds the jobs of a submission by the display name that each create gives.

import type { Context, Found, Submission } from '../../provider.ts';
import { confirmAll, type Page, turnPages } from '../../transport/list-pages.ts';
import { ask, type Connection, caller } from './client.ts';
import { listPageMax } from './limits.ts';
import { toHandle } from './poll.ts';
import { jobPageWire, jobWire } from './wire.ts';

export async function find(connection: Connection, { key, since }: Submission, ctx: Context): Promise<Found> {
  return confirmAll(await turnPages(caller.name, since, (after) => pageAfter(connection, key, after, ctx)));
}

/** The vendor lists the jobs of this name alone. A server that ignores the filter is read all the same. */
async function pageAfter(
  connection: Connection,
  key: string,
  after: string | null,
  ctx: Context,
): Promise<Page<ReturnType<typeof toHandle>>> {
  const query = new URLSearchParams({ filter: `displayName="${key}"`, pageSize: String(listPageMax) });
  if (after !== null) query.set('pageToken', after);
  const url = `${connection.place}/batchPredictionJobs?${query}`;
  const page = await ask(connection, 'read', jobPageWire, { method: 'GET', url }, ctx);
  const listed = page.batchPredictionJobs ?? [];
  const items = listed.flatMap((each) => {
    const job = jobWire.safeParse(each);
    return job.success && job.data.displayName === key ? [toHandle(job.data)] : [];
  });
  const next = page.nextPageToken === '' ? null : (page.nextPageToken ?? null);
  return { items, count: listed.length, next, more: next !== null };
}
