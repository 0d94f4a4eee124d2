// Reads what is on disk of a batch that was started before: by an earlier attempt, run or owner. A new batch has nothing there.

import type { Recovered } from '../../domain/batch/recovered.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { type BatchEvidence, noEvidence, readEvidence } from '../../job-folder/evidence.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { type Intent, readHandle, readIntent, removeIntent } from '../../job-folder/submission.ts';
import { readTally } from '../../job-folder/tallies.ts';
import type { ActivityDeps } from '../deps.ts';
import { awaitEarlierOwners, findEarlierChild } from '../earlier-owners.ts';

export interface RecoverInput extends BatchRef, JobRef {
  /** The time of the batch is over: an earlier owner's workflow is not waited for, and what it may have sent is in doubt. */
  readonly isLate: boolean;
}

export interface RecoverResult {
  readonly recovered: Recovered;
  /** The batch was started again after its answers were final. */
  readonly tally: Tally | null;
}

const describeIntent = ({ overAt, startedAt, firstAt }: Intent): Recovered['intent'] => ({
  overAt,
  lastsMs: Math.max(0, overAt - (startedAt ?? firstAt)),
});

/** What the provider wrote stays in the store: a result of an activity enters history. */
const withoutDetails = ({ ended, endedSeenAt, reading }: BatchEvidence): Omit<BatchEvidence, 'details'> => ({
  ended,
  endedSeenAt,
  reading,
});

/** Of a create that an earlier owner's workflow may still send. */
const nobodysIntent: Intent = { ordinal: 0, by: '', firstAt: 0, overAt: 0 };

export async function recover(
  deps: Pick<ActivityDeps, 'store' | 'cluster'>,
  { isLate, ...ref }: RecoverInput,
): Promise<RecoverResult> {
  const { store } = deps;
  const job = await readJobFile(store, ref);
  if (!isLate) await awaitEarlierOwners(deps, job, ref);
  const isUnknown = isLate && (await findEarlierChild(deps, job, ref)) !== null;
  const tally = await readTally(store, ref);
  const record = await readHandle(store, ref);
  const evidence = await readEvidence(store, ref);
  const recorded = await readIntent(store, ref);
  // A crash between the handle and the removal of its intent: the handle says what came of the create.
  const isKnown = recorded !== null && record !== null && recorded.ordinal <= record.ordinal;
  if (isKnown) await removeIntent(store, ref);
  const intent = isUnknown ? (recorded ?? nobodysIntent) : isKnown ? null : recorded;
  const ordinal = Math.max(intent?.ordinal ?? 0, record?.ordinal ?? 0);
  const batches = record === null ? [] : [record.handle, ...(record.twinHandles ?? [])];
  return {
    tally,
    recovered: {
      ordinal,
      intent: intent === null ? null : describeIntent(intent),
      settled: tally !== null,
      batches: batches.map((handle, index) => ({
        handle,
        ordinal: record?.ordinal ?? 0,
        role: index === 0 ? 'own' : 'twin',
        ...withoutDetails(evidence[handle.id] ?? noEvidence),
      })),
    },
  };
}
