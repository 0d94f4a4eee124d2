// Example behind the port: OpenAI's batch API at another address, with bounds of its own.

import type { VendorEntry } from '../../../../providers/account.ts';
import { openaiDefaults } from '../../../../providers/vendors/openai/client.ts';
import { openaiEndings, openaiProofs } from '../../../../providers/vendors/openai/endings.ts';
import { createOpenaiProvider, openai } from '../../../../providers/vendors/openai/index.ts';
import { exampleFaults } from './faults.ts';
import { exampleLimits } from './limits.ts';

export const example: VendorEntry<'apiKey' | 'baseUrl'> = {
  settings: [
    {
      name: 'apiKey',
      variable: 'EXAMPLE_API_KEY',
      secret: true,
      required: true,
      default: null,
      meaning: "The account's key.",
    },
    {
      name: 'baseUrl',
      variable: 'EXAMPLE_BASE_URL',
      secret: false,
      required: false,
      default: 'https://api.example.com/v1',
      meaning: "The API's address, `/v1` included.",
    },
  ],
  about: {
    foundBy: 'the metadata of its create',
    progress: true,
    webhook: false,
    kept: null,
    unchecked: 'all',
  },
  make: (account) => createOpenaiProvider(exampleProfile, account),
  loadSdk: openai.loadSdk,
};

const exampleProfile = {
  ...openaiDefaults,
  name: 'example',
  limits: exampleLimits,
  endings: openaiEndings,
  proofs: openaiProofs,
  faults: exampleFaults,
  endpoints: ['/v1/chat/completions'],
};
