// Finds the batches of a submission where the vendor keeps no metadata: candidates are recognised by time and number of requests, and after a
// batch has ended by the custom id in its first result.

import type { BatchHandle } from '../../domain/batch/state.ts';
import { prefixOfCustomId } from '../../domain/ids.ts';
import { findCandidatesMax } from '../../domain/limits.ts';
import type { Found, Submission } from '../provider.ts';
import { dateUndated, oldestFirst } from './list-pages.ts';

export interface Unmarked extends BatchHandle {
  /** The number of its requests; null if it is not shown. */
  readonly size: number | null;
  readonly hasEnded: boolean;
  /** True if its results are gone: such a batch is weeks old, and of no use even if this job created it. */
  readonly isGone: boolean;
}

export interface Results {
  /** The prefix of the custom ids in each batch's results, by batch id: it never changes, so it is read once. */
  readonly prefixes: Map<string, string>;
  /** Null if there are no results to read. */
  readonly readFirstCustomId: (id: string) => Promise<string | null>;
}

export async function findUnmarked(
  listed: readonly Unmarked[],
  submission: Submission,
  results: Results,
): Promise<Found> {
  const candidates = new Map<string, Unmarked>();
  for (const each of listed) {
    if (mayBe(each, submission) && !(await submission.isOwnedByOther(each.id))) candidates.set(each.id, each);
  }
  return sortCandidates(submission, oldestFirst([...candidates.values()]), results);
}

/** Facts that are not shown exclude nothing. A running batch has some requests, even if they are not counted yet. */
function mayBe({ createdAt, size, hasEnded, isGone }: Unmarked, { since, until, items }: Submission): boolean {
  const isSizeShown = size !== null && (size > 0 || hasEnded);
  const isExcluded = createdAt < since || createdAt > until || (isSizeShown && size !== items);
  return !isExcluded && !isGone;
}

async function sortCandidates(
  submission: Submission,
  candidates: readonly Unmarked[],
  results: Results,
): Promise<Found> {
  const confirmed: BatchHandle[] = [];
  const possible: BatchHandle[] = [];
  let reads = 0;
  for (const { id, createdAt, fileId, hasEnded } of candidates) {
    const handle = dateUndated({ id, createdAt, fileId });
    const isRead = results.prefixes.has(id);
    if (!hasEnded || (!isRead && reads >= findCandidatesMax)) {
      // Beyond the bound, the next search reads the results: it remembers prefixes that were read.
      possible.push(handle);
      continue;
    }
    if (!isRead) reads += 1;
    const prefix = await readPrefix(results, id);
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

async function readPrefix({ prefixes, readFirstCustomId }: Results, id: string): Promise<string | null> {
  const remembered = prefixes.get(id);
  if (remembered !== undefined) return remembered;
  const first = await readFirstCustomId(id);
  if (first === null) return null;
  if (prefixes.size >= rememberedMax) prefixes.clear();
  prefixes.set(id, prefixOfCustomId(first));
  return prefixOfCustomId(first);
}
