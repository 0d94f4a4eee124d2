// Every vendor of the registry keeps the port's promises, against the emulator. One without an emulator fails here.

import { describe } from 'vitest';
import { providerNames } from '../../../providers/registry.ts';
import { makeGeminiEntry } from '../../../providers/vendors/gemini/index.ts';
import { providerContract } from './contract.ts';
import { requireEmulated } from './emulated-vendor.ts';

for (const name of providerNames) providerContract(requireEmulated(name));

// Small batches of Gemini's are sent with their create; larger ones are uploaded.
const gemini = requireEmulated('gemini');
const routes = { ...gemini.routes, download: 'gemini.files.content' };
describe('uploaded', () => providerContract({ ...gemini, routes, entry: makeGeminiEntry(0) }));
