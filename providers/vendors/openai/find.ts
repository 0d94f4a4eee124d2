// Finds the batches of a submission by their mark: the metadata that each create carries, or where there is none, the file that it was created
// from. Some servers list batches without it: these are retrieved.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { hasStatus } from '../../error.ts';
import { asText, findByCode } from '../../json-fields.ts';
import type { Context, Found, Submission } from '../../provider.ts';
import { dateUndated, type Listing, oldestFirst, type Page, turnPages } from '../../transport/list-pages.ts';
import { findUnmarked } from '../../transport/unmarked.ts';
import { ask, type Candidate, type Connection, type Mark, type OpenaiProfile, retrieveBatch } from './client.ts';
import { metadataKey } from './form.ts';
import { listPageMax } from './limits.ts';
import { toHandle } from './poll.ts';
import type { BatchWire } from './wire.ts';

export async function find(connection: Connection, submission: Submission, ctx: Context): Promise<Found> {
  const listing = await connection.recent.read(submission.since, submission.untried === true, (since) =>
    turnPages(connection.caller.name, since, (after) => pageAfter(connection, after, ctx)),
  );
  const marked: BatchHandle[] = [];
  for (const candidate of listing.items) {
    if (await isConfirmed(submission, candidate)) marked.push(toFound(candidate));
  }
  const unmarked = await findUnmarked(leaveUnmarked(listing, submission), submission, {
    known: connection.marks,
    isOwn: (mark) => isOwn(submission, mark),
    isReadable: () => true,
    read: (id) => retrieveMark(connection, id, ctx),
  });
  return { ...unmarked, confirmed: oldestFirst([...marked, ...unmarked.confirmed]) };
}

const toFound = ({ id, createdAt, fileId }: Candidate): BatchHandle => dateUndated({ id, createdAt, fileId });

/** Each upload is this job's own, so a batch that was created from it is too. Null if nothing is shown that says so. */
function isOwn(submission: Submission, { key, fileId }: Mark): boolean | null {
  if (key !== null) return key === submission.key;
  return fileId === null || submission.fileId === null ? null : fileId === submission.fileId;
}

/** One file may have served several submissions in turn, if the provider had no room for the earlier ones. */
async function isConfirmed(submission: Submission, candidate: Candidate): Promise<boolean> {
  const { id, createdAt, key } = candidate;
  if (isOwn(submission, candidate) !== true) return false;
  if (key !== null) return true;
  const isInTime = !(createdAt < submission.since || createdAt > submission.until);
  return isInTime && !(await submission.isOwnedByOther(id));
}

const leaveUnmarked = ({ items, isWhole }: Listing<Candidate>, submission: Submission): Listing<Candidate> => ({
  items: items.filter((candidate) => isOwn(submission, candidate) === null),
  isWhole,
});

async function retrieveMark(connection: Connection, id: string, ctx: Context): Promise<Mark | null> {
  try {
    const mark = readMark(connection.profile, await retrieveBatch(connection, id, ctx));
    return mark.key === null && mark.fileId === null ? null : mark;
  } catch (error) {
    if (hasStatus(error, [400, 404])) return null;
    throw error;
  }
}

/** Metadata of another program shows that the batch is not ours. */
function readMark({ mark }: OpenaiProfile, { metadata, input_file_id: fileId }: BatchWire): Mark {
  const { [metadataKey]: own, ...others } = mark === 'metadata' ? (metadata ?? {}) : {};
  const key = asText(own) ?? (Object.keys(others).length > 0 ? '' : null);
  return { key, fileId: fileId ?? null };
}

async function pageAfter(connection: Connection, after: string | null, ctx: Context): Promise<Page<Candidate>> {
  const { signal } = ctx;
  const { profile } = connection;
  const { path, pageQuery, page: shape, object } = profile.batches;
  const query = pageQuery(after, listPageMax);
  const page = await ask(connection, 'read', shape(after), async () =>
    (await connection.sdk()).get(path, { query, signal }),
  );
  // A batch of another program may have an unknown shape: it is left out, and the job's own are still found.
  const items = page.data.flatMap((each) => {
    const batch = object.safeParse(each);
    return batch.success ? [toCandidate(profile, batch.data)] : [];
  });
  return { items, count: page.data.length, next: page.next, more: page.more };
}

const toCandidate = (profile: OpenaiProfile, batch: BatchWire): Candidate => ({
  ...toHandle(batch),
  ...readMark(profile, batch),
  // A total of 0 is one that is not known.
  size: profile.counts ? batch.request_counts?.total || null : null,
  hasEnded: findByCode(profile.endings, batch.status)?.ending != null,
  isGone: false,
});
