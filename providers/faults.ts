// A vendor's error codes as tables, so that its words stay in its own folder: the dialect, the transport and the poll read them.

import type { BatchFailure } from '../domain/batch/state.ts';
import type { ItemCodes } from './dialects/item-reason.ts';
import type { CallFaults } from './transport/fault.ts';

export interface VendorFaults {
  /** Of a call that was refused. */
  readonly calls: CallFaults;
  /** In a line of output. */
  readonly items: ItemCodes;
  /** In the errors of a batch that failed as a whole. A code that is not listed is `other`. */
  readonly batches: Readonly<Record<string, BatchFailure>>;
  /** How the vendor says that a model is missing. */
  readonly missingModel: readonly string[];
}
