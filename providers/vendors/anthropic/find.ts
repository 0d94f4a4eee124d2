// Finds the batches of a submission. Anthropic keeps no metadata: candidates are recognised by time and number of requests, and after a batch
// has ended by the custom id in its first result.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { prefixOfCustomId } from '../../../domain/ids.ts';
import { findCandidatesMax } from '../../../domain/limits.ts';
import type { Context, Found, Submission } from '../../provider.ts';
import { dateUndated, oldestFirst, type Page, readLastId, turnPages } from '../../transport/list-pages.ts';
import { replyBytes } from '../../transport/reply-bytes.ts';
import { ask, batchesPath, type Candidate, type Connection, caller, hasStatus, openResults } from './client.ts';
import { firstLineBytesMax, listPageMax } from './limits.ts';
import { isEnded, sumCounts, toHandle } from './poll.ts';
import { batchPageWire, batchWire } from './wire.ts';

export async function find(connection: Connection, submission: Submission, ctx: Context): Promise<Found> {
  const candidates = new Map<string, Candidate>();
  const listed = await connection.recent.read(submission.since, submission.untried === true, (since) =>
    turnPages(caller.name, since, (after) => pageAfter(connection, after, ctx)),
  );
  for (const each of listed) {
    if (mayBe(each, submission) && !(await submission.isOwnedByOther(each.id))) candidates.set(each.id, each);
  }
  return sortCandidates(connection, submission, oldestFirst([...candidates.values()]), ctx);
}

/** An archived batch no longer has results: it is weeks old, and of no use even if this job created it. */
function mayBe({ createdAt, batch }: Candidate, { since, until, items }: Submission): boolean {
  const isArchived = typeof batch.archived_at === 'string';
  const size = sumCounts(batch);
  // Facts that are not shown exclude nothing. A running batch has some requests, even if they are not counted yet.
  const isSizeShown = size !== null && (size > 0 || isEnded(batch));
  const isExcluded = createdAt < since || createdAt > until || (isSizeShown && size !== items);
  return !isExcluded && !isArchived;
}

async function sortCandidates(
  connection: Connection,
  submission: Submission,
  candidates: readonly Candidate[],
  ctx: Context,
): Promise<Found> {
  const confirmed: BatchHandle[] = [];
  const possible: BatchHandle[] = [];
  let reads = 0;
  for (const { batch, ...undated } of candidates) {
    const handle = dateUndated(undated);
    const isRead = connection.prefixes.has(handle.id);
    if (!isEnded(batch) || (!isRead && reads >= findCandidatesMax)) {
      // Beyond the bound, the next search reads the results: it remembers prefixes that were read.
      possible.push(handle);
      continue;
    }
    if (!isRead) reads += 1;
    const prefix = await readPrefix(connection, handle.id, ctx);
    if (prefix === submission.prefix) {
      confirmed.push(handle);
    } else if (prefix === null) {
      // The results cannot be read yet: a later search will.
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
  const first = await readFirstCustomId(connection, id, ctx);
  if (first === null) return null;
  if (prefixes.size >= rememberedMax) prefixes.clear();
  prefixes.set(id, prefixOfCustomId(first));
  return prefixOfCustomId(first);
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

async function pageAfter({ sdk }: Connection, after: string | null, { signal }: Context): Promise<Page<Candidate>> {
  const query = { limit: listPageMax, ...(after === null ? {} : { after_id: after }) };
  const page = await ask('read', batchPageWire, async () => (await sdk()).get(batchesPath, { query, signal }));
  const items = page.data.flatMap((each) => {
    const batch = batchWire.safeParse(each);
    return batch.success ? [{ ...toHandle(batch.data), batch: batch.data }] : [];
  });
  const last = page.last_id ?? readLastId(page.data);
  return { items, next: page.has_more === false ? null : last, more: page.has_more === true };
}
