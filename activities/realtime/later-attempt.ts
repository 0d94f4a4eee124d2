// Two attempts of one chunk never call the provider at the same time. The server may start another attempt while this worker, which it does
// not reach, still calls. The journal that each attempt creates first tells: an attempt stops when a later one exists, and a later one begins
// only when the earlier ones must have noticed.

import type { BatchRef } from '../../domain/ids.ts';
import { journalFile } from '../../job-folder/paths.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { Lease } from './lease.ts';

const lookEveryMs = 2_000;
const holdsMs = 6_000;
/** The rest covers the time that a call needs to begin. */
export const quietMs = holdsMs + 2_000;

/** `number` is that of the attempt's own journal. The answer is true if a later attempt has begun. */
export function watchLaterAttempt(
  store: Store,
  ref: BatchRef,
  number: number,
  clocks: Pick<ActivityDeps, 'elapsed' | 'now'>,
): Lease<boolean> {
  const next = journalFile(ref, number + 1);
  const ask = async (): Promise<boolean> => (await store.head(next)) !== null;
  const problem = 'it is not known whether a later attempt has begun';
  return new Lease({ ask, everyMs: lookEveryMs, holdsMs, problem }, clocks);
}
