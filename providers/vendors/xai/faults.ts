// xAI's codes where they differ from OpenAI's, and what each means here.

import type { VendorFaults } from '../../faults.ts';
import { openaiFaults } from '../openai/faults.ts';

/** How `wire.ts` names what the vendor says in words when it cancels a batch because of its file: nothing of such a file runs. */
export const refusedFile = 'jsonl_validation_failed';

export const xaiFaults: VendorFaults = {
  ...openaiFaults,
  calls: {
    ...openaiFaults.calls,
    createWords: [
      { statuses: [403, 429], words: /used all available credits|monthly spending limit/i, fault: 'no_money' },
      ...openaiFaults.calls.createWords,
    ],
  },
  batches: { ...openaiFaults.batches, [refusedFile]: 'whole_batch' },
};
