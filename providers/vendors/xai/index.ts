// xAI behind the port: OpenAI's files and request lines, batches without a status, and results in pages.

import { readRegion, type VendorEntry } from '../../account.ts';
import { connect, type OpenaiProfile, openaiDefaults } from '../openai/client.ts';
import { openaiEndings } from '../openai/endings.ts';
import { openai, providerOver } from '../openai/index.ts';
import { download } from './download.ts';
import { xaiProofs } from './endings.ts';
import { xaiFaults } from './faults.ts';
import { forget } from './forget.ts';
import { xaiFileList, xaiForm } from './form.ts';
import { xaiLimits } from './limits.ts';
import { endWhenTakenIn, foundWithRequests, withRequests } from './poll.ts';

export const xai: VendorEntry<'apiKey' | 'baseUrl'> = {
  settings: [
    {
      name: 'apiKey',
      variable: 'XAI_API_KEY',
      secret: true,
      required: true,
      default: null,
      meaning: "The account's key.",
    },
    {
      name: 'baseUrl',
      variable: 'XAI_BASE_URL',
      secret: false,
      required: false,
      default: 'https://api.x.ai/v1',
      meaning: "The API's address, `/v1` included.",
    },
  ],
  about: {
    foundBy: 'its name',
    progress: true,
    webhook: false,
    kept: null,
    unchecked: 'all; made from its documents and reports, tested against the emulator',
  },
  make(account) {
    const connection = connect(xaiProfile, account);
    const shared = providerOver(connection, readRegion(account));
    return {
      ...shared,
      find: async (submission, ctx) => foundWithRequests(await shared.find(submission, ctx), submission.items),
      create: async (staged, file, submission, ctx) =>
        withRequests(await shared.create(staged, file, submission, ctx), submission.items),
      poll: async (handle, ctx) => endWhenTakenIn(await shared.poll(handle, ctx), handle),
      download: (handle, ctx) => download(connection, handle, ctx),
      forget: (handle, ctx) => forget(connection, handle, ctx),
    };
  },
  loadSdk: openai.loadSdk,
};

const xaiProfile: OpenaiProfile = {
  ...openaiDefaults,
  name: 'xai',
  limits: xaiLimits,
  endings: openaiEndings,
  proofs: xaiProofs,
  faults: xaiFaults,
  // A batch answers requests for the responses endpoint in the form of chat completions.
  endpoints: ['/v1/chat/completions'],
  filePurpose: null,
  uploadExpires: 'seconds',
  // A refusal carries no code that says that it is the model which is missing.
  listsModels: false,
  batches: xaiForm,
  fileList: xaiFileList,
};
