// Azure OpenAI behind the port: OpenAI's batch API at a resource's own address, by its newer path or by its older one with a version.

import type { Account, VendorEntry } from '../../account.ts';
import { openaiEndpoints } from '../../dialects/openai/requests.ts';
import { type OpenaiProfile, openaiDefaults } from '../openai/client.ts';
import { openaiEndings, openaiProofs } from '../openai/endings.ts';
import { createOpenaiProvider, openai } from '../openai/index.ts';
import { azureFaults } from './faults.ts';
import { azureLimits } from './limits.ts';

type AzureAccount = Account<'apiKey' | 'baseUrl' | 'apiVersion' | 'region'>;

export const azure: VendorEntry<'apiKey' | 'baseUrl' | 'apiVersion' | 'region'> = {
  settings: [
    {
      name: 'apiKey',
      variable: 'AZURE_OPENAI_API_KEY',
      secret: true,
      required: true,
      default: null,
      meaning: "The resource's key.",
    },
    {
      name: 'baseUrl',
      variable: 'AZURE_OPENAI_ENDPOINT',
      secret: false,
      required: true,
      default: null,
      meaning:
        "The resource's address, such as `https://name.openai.azure.com`. A job's `model` is the name of a deployment.",
    },
    {
      name: 'apiVersion',
      variable: 'AZURE_OPENAI_API_VERSION',
      secret: false,
      required: false,
      default: null,
      meaning:
        'With a value, the older API is called, which has the version in its URLs. Without one, the newer API is called.',
    },
    {
      name: 'region',
      variable: 'AZURE_OPENAI_REGION',
      secret: false,
      required: false,
      default: null,
      meaning: "The resource's region. Jobs that began with another one are paused.",
    },
  ],
  about: {
    foundBy: 'the metadata of its create',
    progress: false,
    webhook: false,
    kept: '14 days, as Nightshift asks',
    unchecked: 'all; made from its documents, tested against the emulator',
  },
  identify: ({ baseUrl }) => baseUrl?.replace(/\/+$/, ''),
  make: (account) => createOpenaiProvider(makeProfile(account), { ...account, baseUrl: chooseBaseUrl(account) }),
  loadSdk: openai.loadSdk,
};

/** An account without an address cannot call: the registry keeps it from that. */
function chooseBaseUrl({ baseUrl, apiVersion }: AzureAccount): string {
  const resource = (baseUrl ?? 'https://azure.invalid').replace(/\/+$/, '');
  return apiVersion === null ? `${resource}/openai/v1` : `${resource}/openai`;
}

function makeProfile({ apiVersion }: AzureAccount): OpenaiProfile {
  const older = { query: { 'api-version': apiVersion ?? '' }, linePrefix: '', callsDeployments: true } as const;
  return {
    ...openaiDefaults,
    name: 'azure',
    limits: azureLimits,
    endings: openaiEndings,
    proofs: openaiProofs,
    faults: azureFaults,
    endpoints: openaiEndpoints,
    keyHeader: 'api-key',
    // A resource holds 500 files that do not expire.
    outputExpires: true,
    listsModels: false,
    ...(apiVersion === null ? {} : older),
  };
}
