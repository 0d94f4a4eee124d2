// Looks for the batches of a submission where a vendor keeps nothing of ours but the custom ids: by time and number of
// requests, and once a batch has ended by the id in its first result.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { prefixOfCustomId } from '../../../domain/ids.ts';
import { findCandidatesMax } from '../../../domain/limits.ts';
import type { Context, Found, Submission } from '../../provider.ts';
import { oldestFirst, type Page, readLastId, turnPages } from '../../transport/list-pages.ts';
import { asked, batchesPath, type Connection, vendor } from './client.ts';
import { firstCustomId } from './first-result.ts';
import { listPageMax } from './limits.ts';
import { isEnded, sumCounts, toHandle } from './view.ts';
import { type BatchWire, batchPageWire, batchWire } from './wire.ts';

export interface Candidate extends BatchHandle {
  readonly batch: BatchWire;
}

export async function find(connection: Connection, submission: Submission, ctx: Context): Promise<Found> {
  const candidates = new Map<string, Candidate>();
  const listed = await connection.recent.read(submission.since, submission.untried === true, (since) =>
    turnPages(vendor, since, (after) => pageAfter(connection, after, ctx)),
  );
  for (const each of listed) if (mayBe(each, submission)) candidates.set(each.id, each);
  return sorted(connection, submission, oldestFirst([...candidates.values()]), ctx);
}

/** An archived batch has no results any more: it is weeks old, and would be of no use if it were ours. */
function mayBe({ id, createdAt, batch }: Candidate, { since, items, known }: Submission): boolean {
  const archived = typeof batch.archived_at === 'string';
  return createdAt >= since && sumCounts(batch) === items && !known.has(id) && !archived;
}

async function sorted(
  connection: Connection,
  submission: Submission,
  candidates: readonly Candidate[],
  ctx: Context,
): Promise<Found> {
  const confirmed: BatchHandle[] = [];
  const possible: BatchHandle[] = [];
  let reads = 0;
  for (const { batch, ...handle } of candidates) {
    const isRead = connection.prefixes.has(handle.id);
    if (!isEnded(batch) || (!isRead && reads >= findCandidatesMax)) {
      // What is beyond the bound is read the next time: prefixes once read are remembered.
      possible.push(handle);
      continue;
    }
    if (!isRead) reads += 1;
    const prefix = await readPrefix(connection, handle.id, ctx);
    if (prefix === submission.prefix) {
      confirmed.push(handle);
    }
    // Results that cannot be read yet will show it later.
    else if (prefix === null) {
      possible.push(handle);
    }
  }
  return { confirmed, possible };
}

const rememberedMax = 10_000;

async function readPrefix(connection: Connection, id: string, ctx: Context): Promise<string | null> {
  const { prefixes } = connection;
  const remembered = prefixes.get(id);
  if (remembered !== undefined) return remembered;
  const first = await firstCustomId(connection, id, ctx);
  if (first === null) return null;
  if (prefixes.size >= rememberedMax) prefixes.clear();
  prefixes.set(id, prefixOfCustomId(first));
  return prefixOfCustomId(first);
}

async function pageAfter({ sdk }: Connection, after: string | null, { signal }: Context): Promise<Page<Candidate>> {
  const query = { limit: listPageMax, ...(after === null ? {} : { after_id: after }) };
  const page = await asked('read', batchPageWire, () => sdk.get(batchesPath, { query, signal }));
  const items = page.data.flatMap((each) => {
    const batch = batchWire.safeParse(each);
    return batch.success ? [{ ...toHandle(batch.data), batch: batch.data }] : [];
  });
  const last = page.last_id ?? readLastId(page.data);
  return { items, next: page.has_more === false ? null : last, more: page.has_more === true };
}
