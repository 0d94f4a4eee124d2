// The input of classify: a batch, and the provider batches made from it.

import type { ProviderBatch } from '../../domain/batch/machine.ts';
import type { BatchRef, JobRef } from '../../domain/ids.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import type { ItemReason } from '../../domain/outcome/outcome.ts';

/** How a batch ended at its provider, as far as it matters for its answers. */
export interface ClassifyInput extends BatchRef, JobRef {
  readonly planned: PlannedBatch;
  readonly batchId: string | null;
  readonly ending: string | null;
  readonly createdAt: number | null;
  readonly endedAt: number | null;
  readonly polls: number;
  readonly cancelReason: 'cancelled' | 'deadline';
  /** Every provider batch made from it, its own first. Empty in the realtime lane. */
  readonly batches: readonly (Pick<ProviderBatch, 'handle' | 'phase' | 'ended' | 'reading'> & {
    /** Its output was asked for until its time was over: what is unknown about it stays unknown. */
    readonly final: boolean;
  })[];
  /** A create may have made a provider batch that nobody has seen. */
  readonly isCreateUnknown: boolean;
  /** The reason of items that provably did not run. */
  readonly notRunReason: ItemReason;
  /** Why the provider refused the whole batch before it ran, in a word; null if it did not. */
  readonly refusal: string | null;
  /** If the batch was too large for the provider: the most bytes of requests in a batch that replaces it. */
  readonly cutBytes?: number;
  /** Items that cannot be judged now stay in doubt. If false, nothing is written for them, and the output is read again. */
  readonly final: boolean;
  /** Lines of the requests file that the provider refused, from 1. */
  readonly blamed: 'all' | readonly number[];
}
