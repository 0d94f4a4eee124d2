// Every vendor of the registry keeps the port's promises, against the emulator. One without an emulator fails here.

import { describe } from 'vitest';
import { claudeEndpoint } from '../../../providers/dialects/vertex/requests.ts';
import { providerNames } from '../../../providers/registry.ts';
import { makeGeminiEntry } from '../../../providers/vendors/gemini/index.ts';
import { gcsServer, hasGcsServer } from '../../support/stores/gcs-server.ts';
import { hasS3Server, s3Server } from '../../support/stores/s3-server.ts';
import { profileContract, providerContract } from './contract.ts';
import { requireEmulated } from './emulated-vendor.ts';

gcsServer();
s3Server();

const hasServer = { gs: hasGcsServer, s3: hasS3Server };

/** Profiles without code or wire forms of their own: with another vendor, they share all of both. That vendor runs the whole contract. */
const sameAs: Readonly<Record<string, 'openai' | 'doubleword'>> = {
  deepinfra: 'openai',
  groq: 'openai',
  parasail: 'doubleword',
};

for (const vendor of providerNames.map(requireEmulated)) {
  if (vendor.name in sameAs) profileContract(vendor);
  else if (vendor.staging === undefined || hasServer[vendor.staging]) providerContract(vendor);
}

// Small batches of Gemini's are sent with their create; larger ones are uploaded.
const gemini = requireEmulated('gemini');
const routes = { ...gemini.routes, upload: 'gemini.files.create', download: 'gemini.files.content' } as const;
describe('uploaded', () => providerContract({ ...gemini, routes, entry: makeGeminiEntry(0) }));

// Vertex AI has Claude too, whose rows have another form.
const vertex = requireEmulated('vertex');
const { entry } = vertex;
if (hasGcsServer) {
  const make: typeof entry.make = (...given) => ({ ...entry.make(...given), defaultEndpoint: claudeEndpoint });
  const claude = { ...vertex, model: 'claude-haiku-4-5', entry: { ...entry, make } };
  describe('with Claude', () => providerContract({ ...claude, routes: { ...vertex.routes, call: 'vertex.claude' } }));
}

// Azure has an older API, with the version in its URLs and without one in its request lines.
const azure = requireEmulated('azure');
const makeOlder: typeof azure.entry.make = (account, openBucket) =>
  azure.entry.make({ ...account, apiVersion: '2024-10-21' }, openBucket);
describe('by the older API', () => providerContract({ ...azure, entry: { ...azure.entry, make: makeOlder } }));
