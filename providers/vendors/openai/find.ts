// Finds the batches of a submission: by the metadata that each create carries, or where there is none, by the file that it was created from.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context, Found, Submission } from '../../provider.ts';
import { dateUndated, oldestFirst, type Page, turnPages } from '../../transport/list-pages.ts';
import { ask, type Candidate, type Connection } from './client.ts';
import { metadataKey } from './form.ts';
import { listPageMax } from './limits.ts';
import { toHandle } from './poll.ts';

export async function find(connection: Connection, submission: Submission, ctx: Context): Promise<Found> {
  const listed = await connection.recent.read(submission.since, submission.untried === true, (since) =>
    turnPages(connection.caller.name, since, (after) => pageAfter(connection, after, ctx)),
  );
  const confirmed: BatchHandle[] = [];
  for (const candidate of listed) {
    const isNew = !confirmed.some(({ id }) => id === candidate.id);
    if (isNew && (await isOf(connection, submission, candidate))) confirmed.push(toFound(candidate));
  }
  return { confirmed: oldestFirst(confirmed), possible: [] };
}

const toFound = ({ submissionKey: _, ...handle }: Candidate): BatchHandle => dateUndated(handle);

/**
 * Each upload is this job's own, so a batch that was created from it is too. But one file may have served several submissions in turn, if the
 * provider had no room for the earlier ones.
 */
async function isOf({ profile }: Connection, submission: Submission, candidate: Candidate): Promise<boolean> {
  const { id, createdAt, fileId, submissionKey } = candidate;
  if (profile.mark === 'metadata') return submissionKey === submission.key;
  const isInTime = !(createdAt < submission.since || createdAt > submission.until);
  const isOwnFile = submission.fileId !== null && fileId === submission.fileId && isInTime;
  return isOwnFile && !(await submission.isOwnedByOther(id));
}

async function pageAfter(connection: Connection, after: string | null, ctx: Context): Promise<Page<Candidate>> {
  const { signal } = ctx;
  const { path, pageQuery, page: shape, object } = connection.profile.batches;
  const query = pageQuery(after, listPageMax);
  const page = await ask(connection, 'read', shape(after), async () =>
    (await connection.sdk()).get(path, { query, signal }),
  );
  // A batch of another program may have an unknown shape: it is left out, and the job's own are still found.
  const items = page.data.flatMap((each) => {
    const batch = object.safeParse(each);
    return batch.success ? [{ ...toHandle(batch.data), submissionKey: batch.data.metadata?.[metadataKey] }] : [];
  });
  return { items, next: page.next, more: page.more };
}
