// What classify is told of a batch, for itself and for the pieces that it is made of.

import type { ProviderBatch } from '../../domain/batch/machine.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import type { ItemReason } from '../../domain/outcome/outcome.ts';

/** How a batch ended at its provider, as far as its answers are judged by it. */
export interface ClassifyInput extends BatchRef, JobRef {
  readonly planned: PlannedBatch;
  readonly batchId: string | null;
  readonly ending: string | null;
  readonly createdAt: number | null;
  readonly endedAt: number | null;
  readonly polls: number;
  readonly cancelReason: 'cancelled' | 'deadline';
  /** Every provider batch that was made of it, the batch itself first. Empty in the realtime lane. */
  readonly batches: readonly (Pick<ProviderBatch, 'handle' | 'phase' | 'ended' | 'reading'> & {
    /** Its output was asked for over all of its time: what is unknown of it stays unknown. */
    readonly final: boolean;
  })[];
  /** A create may have made a batch that nobody has seen. */
  readonly isCreateUnknown: boolean;
  /** For items that provably did not run. */
  readonly notRunReason: ItemReason;
  /** Why the provider refused the whole batch before it ran, in a word; null if it did not. */
  readonly refusal: string | null;
  /** If it was too large for the provider: the bytes of requests that a batch may have in its place. */
  readonly cutBytes?: number;
  /** Items that cannot be judged now stay in doubt. Otherwise nothing is written for them, and the output is read again. */
  readonly final: boolean;
  /** Lines of the requests file that the provider refused, from 1. */
  readonly blamed: 'all' | readonly number[];
}
