// Finds the jobs of a submission by the name that each create gives.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context, Found, Submission } from '../../provider.ts';
import { confirmAll, type Page, turnPages } from '../../transport/list-pages.ts';
import { ask, type Connection, caller } from './client.ts';
import { listPageMax } from './limits.ts';
import { toHandle } from './poll.ts';
import { jobPageWire, jobWire } from './wire.ts';

export async function find(connection: Connection, { key, since }: Submission, ctx: Context): Promise<Found> {
  return confirmAll(await turnPages(caller.name, since, (after) => pageAfter(connection, key, after, ctx)));
}

/** The vendor lists the jobs whose names contain this one. A server that ignores that is read all the same. */
async function pageAfter(
  connection: Connection,
  key: string,
  after: string | null,
  ctx: Context,
): Promise<Page<BatchHandle>> {
  const query = { nameContains: key, maxResults: listPageMax, ...(after === null ? {} : { nextToken: after }) };
  const page = await ask(
    connection,
    'read',
    jobPageWire,
    (sdk, send, options) => send(new sdk.ListModelInvocationJobsCommand(query), options),
    ctx,
  );
  const listed = page.invocationJobSummaries ?? [];
  const items = listed.flatMap((each) => {
    const job = jobWire.safeParse(each);
    return job.success && job.data.jobName === key ? [toHandle(job.data)] : [];
  });
  const next = page.nextToken ?? null;
  return { items, count: listed.length, next, more: next !== null };
}
