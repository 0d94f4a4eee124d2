// Mistral behind the port: OpenAI's files and request bodies, and batch jobs with a form of their own.

import type { VendorEntry } from '../../account.ts';
import { type OpenaiProfile, openaiDefaults } from '../openai/client.ts';
import { createOpenaiProvider, openai } from '../openai/index.ts';
import { mistralProofs, mistralStates } from './endings.ts';
import { mistralFaults } from './faults.ts';
import { mistralFileList, mistralForm } from './form.ts';
import { mistralLimits } from './limits.ts';

export const mistral: VendorEntry<'apiKey' | 'baseUrl'> = {
  settings: [
    {
      name: 'apiKey',
      variable: 'MISTRAL_API_KEY',
      secret: true,
      required: true,
      default: null,
      meaning: "The workspace's key.",
    },
    {
      name: 'baseUrl',
      variable: 'MISTRAL_BASE_URL',
      secret: false,
      required: false,
      default: 'https://api.mistral.ai/v1',
      meaning: "The API's address, `/v1` included.",
    },
  ],
  about: {
    foundBy: 'the metadata of its job',
    progress: true,
    webhook: false,
    kept: null,
    unchecked: 'all; made from its documents and types, tested against the emulator',
  },
  make: (account) => createOpenaiProvider(mistralProfile, account),
  loadSdk: openai.loadSdk,
};

const mistralProfile: OpenaiProfile = {
  ...openaiDefaults,
  name: 'mistral',
  limits: mistralLimits,
  endings: mistralStates,
  proofs: mistralProofs,
  faults: mistralFaults,
  endpoints: ['/v1/chat/completions', '/v1/embeddings', '/v1/moderations'],
  outputLimit: 'max_tokens',
  // `expiry` of the vendor's SDK 3.7, which counts it in hours.
  uploadExpires: 'hours',
  // Whether the stated size is that of the content was not checked.
  sizes: false,
  batches: mistralForm,
  fileList: mistralFileList,
  bareLines: true,
};
