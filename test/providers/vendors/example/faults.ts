// Example's error codes where they differ from OpenAI's, and what each means here.

import type { VendorFaults } from '../../../../providers/faults.ts';
import { openaiFaults } from '../../../../providers/vendors/openai/faults.ts';

export const exampleFaults: VendorFaults = {
  ...openaiFaults,
  calls: { ...openaiFaults.calls, codes: { ...openaiFaults.calls.codes, out_of_credits: 'no_money' } },
  batches: { ...openaiFaults.batches, queue_full: 'capacity' },
};
