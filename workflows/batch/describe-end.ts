// Turns a batch's case into the input of classify. Pure.

import { type BatchBounds, type BatchCase, isGivenUp, type ProviderBatch } from '../../domain/batch/machine.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import type { ItemReason } from '../../domain/outcome/outcome.ts';

interface EndContext extends BatchRef, JobRef {
  readonly isNotApproved: boolean;
  readonly planned: PlannedBatch;
  readonly polls: number;
  readonly final: boolean;
}

export function describeEnd(known: BatchCase, bounds: BatchBounds, { isNotApproved, ...context }: EndContext) {
  const { items, bytes } = context.planned;
  const own = known.batches.findLast(({ role }) => role === 'own');
  const cancelReason = readCancelReason(known, own);
  const blamed = own?.ended?.blamed ?? [];
  return {
    batchId: own?.handle.id ?? known.candidate,
    ending: own?.ended?.status ?? null,
    createdAt: own?.handle.createdAt ?? null,
    endedAt: own?.ended?.endedAt ?? null,
    cancelReason,
    batches: known.batches.map((batch) => {
      const { handle, phase, ended, reading } = batch;
      return { handle, phase, ended, reading, final: isGivenUp(batch, bounds) };
    }),
    isCreateUnknown: known.intent !== null || known.unresolvedIntent,
    notRunReason: isNotApproved ? 'not_approved' : readNotRunReason(known, own, cancelReason, items),
    ...(known.share === null ? {} : { cutBytes: Math.floor(bytes * known.share) }),
    refusal: readRefusal(known, blamed),
    blamed,
    ...context,
  };
}

/** If a batch was asked to end while the job continued, its own deadline had passed. */
const readCancelReason = ({ reason }: BatchCase, own: ProviderBatch | undefined): 'cancelled' | 'deadline' =>
  reason === 'deadline' || (reason === null && own?.cancelAskedAt != null) ? 'deadline' : 'cancelled';

/** If single lines are to blame, the refusal says nothing about other batches. */
const readRefusal = ({ reason, refusal }: BatchCase, blamed: 'all' | readonly number[]): string | null =>
  reason !== 'batch_failed' || (blamed !== 'all' && blamed.length > 0) ? null : refusal;

function readNotRunReason(
  { reason }: BatchCase,
  own: ProviderBatch | undefined,
  cancelReason: 'cancelled' | 'deadline',
  items: number,
): ItemReason {
  switch (own?.ended?.ending) {
    case 'expired':
      return 'expired';
    case 'cancelled':
      return cancelReason;
    default:
      // A single item cannot be cut.
      return reason === 'oversized' && items === 1 ? 'too_large' : (reason ?? 'batch_failed');
  }
}
