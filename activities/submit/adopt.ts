// Records provider batches that were created or found as a planned batch's own: writes their handles and removes the intent.

import type { BatchHandle } from '../../domain/batch/state.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import {
  type HandleRecord,
  readHandle,
  readIntent,
  recordHandle,
  removeIntent,
  type SubmissionRef,
} from '../../job-folder/submission.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { TryAgain } from '../failure.ts';

export interface Created {
  readonly kind: 'created';
  readonly handle: BatchHandle;
  readonly ordinal: number;
  /** Further batches of the same submission: they are cancelled, and the answers of what they ran are read. */
  readonly twins: readonly BatchHandle[];
}

export const toCreated = ({ handle, ordinal, twinHandles = [] }: HandleRecord): Created => ({
  kind: 'created',
  handle,
  ordinal,
  twins: twinHandles,
});

type Submitted = SubmissionRef & { readonly staged?: { readonly fileId: string | null } };

/** The attempt whose intent is removed, and the account that has the batch. */
interface Recorder {
  readonly by: string;
  readonly accountMark: string;
}

/** The oldest match is the batch; the others are its twins. */
export async function adopt(
  deps: Pick<ActivityDeps, 'store'>,
  input: Submitted,
  recorder: Recorder,
  [oldest, ...twins]: readonly BatchHandle[],
): Promise<Created> {
  if (oldest === undefined) throw new InvariantBroken('nothing to adopt');
  return toCreated(await recordCreated(deps, input, recorder, oldest, twins));
}

/** The next search leaves out batches that another submission has recorded since this search. */
const searchAgainMs = 5_000;

/**
 * The handle comes first: after a crash between the two steps, the handle makes the remaining intent meaningless. Only the intent of the
 * attempt `by` is removed: if this attempt was late, another's may be open.
 */
export async function recordCreated(
  { store }: Pick<ActivityDeps, 'store'>,
  input: Submitted,
  { by, accountMark }: Recorder,
  handle: BatchHandle,
  twins: readonly BatchHandle[],
): Promise<HandleRecord> {
  const withFile = { ...handle, fileId: handle.fileId ?? input.staged?.fileId ?? null };
  const record = await recordHandle(store, input, withFile, twins, accountMark);
  if (record === null) {
    throw new TryAgain(
      `another batch of this job has ${[handle, ...twins].map(({ id }) => id).join(' or ')}`,
      searchAgainMs,
    );
  }
  if ((await readIntent(store, input))?.by === by) await removeIntent(store, input);
  return record;
}

/** The handle of this submission or of a later one; null if none is recorded. */
export async function readKnown(
  store: Store,
  ref: SubmissionRef & { readonly ordinal: number },
): Promise<HandleRecord | null> {
  const known = await readHandle(store, ref);
  return known !== null && known.ordinal >= ref.ordinal ? known : null;
}

/** A crash may have left the intent of a create whose handle is recorded: the intent no longer means anything. */
export async function keepKnown(store: Store, ref: SubmissionRef, known: HandleRecord): Promise<Created> {
  const recorded = await readIntent(store, ref);
  if (recorded !== null && recorded.ordinal <= known.ordinal) await removeIntent(store, ref);
  return toCreated(known);
}
