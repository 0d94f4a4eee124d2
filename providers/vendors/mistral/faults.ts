// Mistral's error codes where they differ from OpenAI's, and what each means here. A failed job names no codes, only messages.

import type { VendorFaults } from '../../faults.ts';
import { openaiFaults } from '../openai/faults.ts';

export const mistralFaults: VendorFaults = {
  ...openaiFaults,
  missingModel: [...openaiFaults.missingModel, 'invalid_model'],
};
