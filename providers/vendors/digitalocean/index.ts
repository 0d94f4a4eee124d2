// DigitalOcean behind the port: OpenAI's request lines and states, files behind signed addresses, and creates with an idempotency key.

import { readRegion, requireBaseUrl, type VendorEntry } from '../../account.ts';
import { connect, type OpenaiProfile, openaiDefaults } from '../openai/client.ts';
import { onlyLines, openaiEndings } from '../openai/endings.ts';
import { openai, providerOver } from '../openai/index.ts';
import { download } from './download.ts';
import { digitaloceanFaults } from './faults.ts';
import { digitaloceanForm } from './form.ts';
import { digitaloceanLimits } from './limits.ts';
import { upload } from './upload.ts';

export const digitalocean: VendorEntry<'apiKey' | 'baseUrl'> = {
  settings: [
    {
      name: 'apiKey',
      variable: 'DIGITALOCEAN_API_KEY',
      secret: true,
      required: true,
      default: null,
      meaning: 'A model access key.',
    },
    {
      name: 'baseUrl',
      variable: 'DIGITALOCEAN_BASE_URL',
      secret: false,
      required: false,
      default: 'https://inference.do-ai.run/v1',
      meaning: "The API's address, `/v1` included.",
    },
  ],
  about: {
    foundBy: 'its request id: a create can be repeated',
    progress: true,
    webhook: false,
    kept: null,
    unchecked: 'all; made from its documents, tested against the emulator',
  },
  make(account) {
    const connection = connect(digitaloceanProfile, account);
    const baseUrl = requireBaseUrl(account);
    // There is no call that shows or deletes a file: the vendor does so after a month.
    const { holdsFile: _holds, forgetFile: _forget, ...shared } = providerOver(connection, readRegion(account));
    return {
      ...shared,
      upload: (file, _submission, ctx) => upload(connection, baseUrl, file, ctx),
      download: (handle, ctx) => download(connection, baseUrl, handle, ctx),
      forget: async () => {},
    };
  },
  loadSdk: openai.loadSdk,
};

const digitaloceanProfile: OpenaiProfile = {
  ...openaiDefaults,
  name: 'digitalocean',
  limits: digitaloceanLimits,
  endings: openaiEndings,
  proofs: { completed: onlyLines, failed: onlyLines, expired: onlyLines, cancelled: onlyLines },
  faults: digitaloceanFaults,
  endpoints: ['/v1/chat/completions', '/v1/responses'],
  batches: digitaloceanForm,
  fileList: null,
};
