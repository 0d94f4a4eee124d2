// OpenRouter behind the port: OpenAI's realtime calls, and batches that carry their requests and keep no metadata.

import { readRegion, type VendorEntry } from '../../account.ts';
import { recentList } from '../../transport/list-pages.ts';
import { connect, type OpenaiProfile, openaiDefaults } from '../openai/client.ts';
import { onlyLines, openaiEndings } from '../openai/endings.ts';
import { openai, providerOver } from '../openai/index.ts';
import { create } from './create.ts';
import { download } from './download.ts';
import { openrouterFaults } from './faults.ts';
import { find, type Searches } from './find.ts';
import { forget } from './forget.ts';
import { openrouterForm } from './form.ts';
import { openrouterLimits } from './limits.ts';

export const openrouter: VendorEntry<'apiKey' | 'baseUrl'> = {
  settings: [
    {
      name: 'apiKey',
      variable: 'OPENROUTER_API_KEY',
      secret: true,
      required: true,
      default: null,
      meaning: "The account's key.",
    },
    {
      name: 'baseUrl',
      variable: 'OPENROUTER_BASE_URL',
      secret: false,
      required: false,
      default: 'https://openrouter.ai/api/v1',
      meaning: "The API's address, `/v1` included.",
    },
  ],
  about: {
    foundBy: 'its time and size, confirmed by the first result',
    progress: true,
    webhook: true,
    kept: '30 days',
    unchecked: 'all; made from its documents and reports, tested against the emulator',
  },
  make(account) {
    const connection = connect(openrouterProfile, account);
    const searches: Searches = { prefixes: new Map(), recent: recentList() };
    return {
      ...providerOver(connection, readRegion(account)),
      // The create carries everything.
      upload: async () => ({ fileId: null }),
      find: (submission, ctx) => find(connection, searches, submission, ctx),
      create: (_staged, file, submission, ctx) => create(connection, file, submission, ctx),
      download: (handle, ctx) => download(connection, handle, ctx),
      // There is no call that cancels a batch: it is left to end.
      cancel: async () => {},
      forget: (handle, ctx) => forget(connection, handle, ctx),
    };
  },
  loadSdk: openai.loadSdk,
};

const openrouterProfile: OpenaiProfile = {
  ...openaiDefaults,
  name: 'openrouter',
  limits: openrouterLimits,
  endings: openaiEndings,
  // What became of requests without a result is not documented.
  proofs: { completed: onlyLines, failed: onlyLines, expired: onlyLines, cancelled: onlyLines },
  faults: openrouterFaults,
  endpoints: ['/v1/chat/completions', '/v1/responses', '/v1/embeddings'],
  outputLimit: 'max_tokens',
  // What a model that does not exist is answered with was not checked.
  listsModels: false,
  batches: openrouterForm,
  fileList: null,
  bareLines: true,
};
