// Fireworks behind the port: OpenAI's realtime calls at one address, and jobs over datasets at another.

import { readRegion, requireBaseUrl, type VendorEntry } from '../../account.ts';
import { connect, type OpenaiProfile, openaiDefaults } from '../openai/client.ts';
import { openai, providerOver } from '../openai/index.ts';
import { create } from './create.ts';
import { download } from './download.ts';
import { fireworksProofs, fireworksStates } from './endings.ts';
import { fireworksFaults } from './faults.ts';
import { find } from './find.ts';
import { deleteDataset, forget } from './forget.ts';
import { fireworksForm } from './form.ts';
import { fireworksLimits } from './limits.ts';
import { holdsDataset, upload } from './upload.ts';

export const fireworks: VendorEntry<'apiKey' | 'accountId' | 'baseUrl'> = {
  settings: [
    {
      name: 'apiKey',
      variable: 'FIREWORKS_API_KEY',
      secret: true,
      required: true,
      default: null,
      meaning: "The account's key.",
    },
    {
      name: 'accountId',
      variable: 'FIREWORKS_ACCOUNT_ID',
      secret: false,
      required: true,
      default: null,
      meaning: 'The account in which datasets and jobs are made.',
    },
    {
      name: 'baseUrl',
      variable: 'FIREWORKS_BASE_URL',
      secret: false,
      required: false,
      default: 'https://api.fireworks.ai',
      meaning: "The API's address, without `/v1` and `/inference/v1`.",
    },
  ],
  about: {
    foundBy: 'its id, which Nightshift chooses',
    progress: true,
    webhook: false,
    kept: null,
    unchecked: 'all; made from its documents, tested against the emulator',
  },
  identify: ({ accountId }) => accountId ?? undefined,
  make(account) {
    const baseUrl = requireBaseUrl(account);
    const accountId = account.accountId ?? '';
    const inAccount = `${baseUrl}/v1/accounts/${encodeURIComponent(accountId)}`;
    const jobs = connect(fireworksProfile, { ...account, baseUrl: inAccount });
    const realtime = connect(fireworksProfile, { ...account, baseUrl: `${baseUrl}/inference/v1` });
    const { poll } = providerOver(jobs, null);
    return {
      ...providerOver(realtime, readRegion(account)),
      poll,
      upload: (file, submission, ctx) => upload(jobs, file, submission, ctx),
      find: (submission, ctx) => find(jobs, submission, ctx),
      holdsFile: (fileId, ctx) => holdsDataset(jobs, fileId, ctx),
      create: (staged, _file, submission, ctx) => create(jobs, accountId, staged, submission, ctx),
      download: (handle, ctx) => download(jobs, baseUrl, handle, ctx),
      // A job can only be deleted, with what it has answered and billed: it is left to end.
      cancel: async () => {},
      forgetFile: (fileId, ctx) => deleteDataset(jobs, fileId, ctx),
      forget: (handle, ctx) => forget(jobs, handle, ctx),
    };
  },
  loadSdk: openai.loadSdk,
};

const fireworksProfile: OpenaiProfile = {
  ...openaiDefaults,
  name: 'fireworks',
  limits: fireworksLimits,
  endings: fireworksStates,
  proofs: fireworksProofs,
  faults: fireworksFaults,
  // Jobs answer chat completions only.
  endpoints: ['/v1/chat/completions'],
  outputLimit: 'max_tokens',
  filePurpose: null,
  uploadExpires: false,
  // What a model that does not exist is answered with was not checked.
  listsModels: false,
  batches: fireworksForm,
  fileList: null,
  bareLines: true,
};
