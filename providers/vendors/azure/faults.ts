// Azure OpenAI's error codes where they differ from OpenAI's, and what each means here.

import type { VendorFaults } from '../../faults.ts';
import { openaiFaults } from '../openai/faults.ts';

export const azureFaults: VendorFaults = {
  ...openaiFaults,
  items: { ...openaiFaults.items, reasons: { ...openaiFaults.items.reasons, content_filter: 'filtered' } },
};
