// Looks for the batches of a submission by the metadata that every create of ours carries.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context, Found, Submission } from '../../provider.ts';
import { oldestFirst, type Page, readLastId, turnPages } from '../../transport/list-pages.ts';
import { asked, type Connection, vendor } from './client.ts';
import { listPageMax } from './limits.ts';
import { toHandle } from './view.ts';
import { batchPageWire, batchWire } from './wire.ts';

/** The key in a batch's metadata under which its submission stands. */
export const metadataKey = 'nightshift';

export interface Candidate extends BatchHandle {
  readonly submission: unknown;
}

export async function find(connection: Connection, submission: Submission, ctx: Context): Promise<Found> {
  const listed = await connection.recent.read(submission.since, submission.untried === true, (since) =>
    turnPages(vendor, since, (after) => pageAfter(connection, after, ctx)),
  );
  const confirmed: BatchHandle[] = [];
  for (const { submission: key, ...handle } of listed) {
    if (key === submission.key && !confirmed.some(({ id }) => id === handle.id)) confirmed.push(handle);
  }
  return { confirmed: oldestFirst(confirmed), possible: [] };
}

async function pageAfter({ sdk }: Connection, after: string | null, { signal }: Context): Promise<Page<Candidate>> {
  const query = { limit: listPageMax, ...(after === null ? {} : { after }) };
  const page = await asked('read', batchPageWire, () => sdk.get('/batches', { query, signal }));
  // Somebody else's batch in a shape of its own is no reason not to find ours.
  const items = page.data.flatMap((each) => {
    const batch = batchWire.safeParse(each);
    return batch.success ? [{ ...toHandle(batch.data), submission: batch.data.metadata?.[metadataKey] }] : [];
  });
  return { items, next: page.has_more === false ? null : readLastId(page.data), more: page.has_more === true };
}
