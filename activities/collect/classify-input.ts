// What classify is told of a batch, for itself and for the pieces that it is made of.

import type { BatchRef } from '../../domain/ids.ts';
import type { ItemReason } from '../../domain/outcome/outcome.ts';

/** How a batch ended at its provider, as far as its answers are judged by it. */
export interface ClassifyInput extends BatchRef {
  readonly batchId: string | null;
  readonly ending: string | null;
  readonly createdAt: number | null;
  readonly endedAt: number | null;
  readonly polls: number;
  readonly twinBatches: number;
  readonly cancelReason: 'cancelled' | 'deadline';
  /** For items without any line. */
  readonly missingReason: ItemReason;
  /** Lines of the requests file that the provider refused, from 1. */
  readonly blamed: 'all' | readonly number[];
}
