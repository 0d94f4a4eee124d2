// Finds the batches of a submission where the vendor's list does not show whose they are: candidates are recognised by time and number of
// requests, and then by a mark that is read from each.

import type { BatchHandle } from '../../domain/batch/state.ts';
import { prefixOfCustomId } from '../../domain/ids.ts';
import { findCandidatesMax } from '../../domain/limits.ts';
import type { Found, Submission } from '../provider.ts';
import { dateUndated, type Listing, oldestFirst, partialUnless } from './list-pages.ts';

export interface Unmarked extends BatchHandle {
  /** The number of its requests; null if it is not shown. */
  readonly size: number | null;
  readonly hasEnded: boolean;
  /** True if its results are gone: such a batch is weeks old, and of no use even if this job created it. */
  readonly isGone: boolean;
}

/** What tells the candidates apart. */
export interface Marks<Mark> {
  /** The mark of each batch, by its id: it never changes, so it is read once. */
  readonly known: Map<string, Mark>;
  /** Whether a batch with this mark is the submission's; null if the mark does not say. */
  readonly isOwn: (mark: Mark) => boolean | null;
  readonly isReadable: (candidate: Unmarked) => boolean;
  /** Null if the mark cannot be read. */
  readonly read: (id: string) => Promise<Mark | null>;
}

/** An ended batch shows the custom ids of its submission in its results. */
export const prefixMarks = (
  { prefix }: Submission,
  known: Map<string, string>,
  readFirstCustomId: (id: string) => Promise<string | null>,
): Marks<string> => ({
  known,
  isOwn: (mark) => mark === prefix,
  isReadable: ({ hasEnded }) => hasEnded,
  read: async (id) => {
    const first = await readFirstCustomId(id);
    return first === null ? null : prefixOfCustomId(first);
  },
});

/** Facts that are not shown exclude nothing, so a candidate may be the batch until its mark is read. */
export async function findUnmarked<Mark>(
  { items, isWhole }: Listing<Unmarked>,
  submission: Submission,
  marks: Marks<Mark>,
): Promise<Found> {
  const candidates: Unmarked[] = [];
  for (const each of items) {
    if (mayBe(each, submission) && !(await submission.isOwnedByOther(each.id))) candidates.push(each);
  }
  return { ...(await sortCandidates(oldestFirst(candidates), marks)), ...partialUnless(isWhole) };
}

/** A running batch has some requests, even if they are not counted yet. */
function mayBe({ createdAt, size, hasEnded, isGone }: Unmarked, { since, until, items }: Submission): boolean {
  const isSizeShown = size !== null && (size > 0 || hasEnded);
  const isExcluded = createdAt < since || createdAt > until || (isSizeShown && size !== items);
  return !isExcluded && !isGone;
}

async function sortCandidates<Mark>(candidates: readonly Unmarked[], marks: Marks<Mark>): Promise<Found> {
  const confirmed: BatchHandle[] = [];
  const possible: BatchHandle[] = [];
  let reads = 0;
  for (const candidate of candidates) {
    const { id, createdAt, fileId } = candidate;
    const handle = dateUndated({ id, createdAt, fileId });
    const isRead = marks.known.has(id);
    if (!marks.isReadable(candidate) || (!isRead && reads >= findCandidatesMax)) {
      // Beyond the bound, the next search reads the marks: it remembers those that were read.
      possible.push(handle);
      continue;
    }
    if (!isRead) reads += 1;
    const mark = await readMark(marks, id);
    const isOwn = mark === null ? null : marks.isOwn(mark);
    if (isOwn === true) {
      confirmed.push(handle);
    } else if (isOwn === null) {
      // It cannot be read yet: a later search may.
      possible.push(handle);
    }
  }
  return { confirmed, possible };
}

const rememberedMax = 10_000;

async function readMark<Mark>({ known, read }: Marks<Mark>, id: string): Promise<Mark | null> {
  const remembered = known.get(id);
  if (remembered !== undefined) return remembered;
  const mark = await read(id);
  if (mark === null) return null;
  if (known.size >= rememberedMax) known.clear();
  known.set(id, mark);
  return mark;
}
