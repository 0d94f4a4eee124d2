// Fireworks' codes where they differ from OpenAI's, and what each means here.

import type { VendorFaults } from '../../faults.ts';
import { openaiFaults } from '../openai/faults.ts';

/** How `wire.ts` names the failure of a job whose dataset was refused before anything ran. */
export const refusedDataset = 'dataset_refused';

export const fireworksFaults: VendorFaults = {
  ...openaiFaults,
  batches: { ...openaiFaults.batches, [refusedDataset]: 'whole_batch' },
};
