// Anthropic behind the port.

import { lanes } from '../../../domain/outcome/outcome.ts';
import { readRegion, type VendorEntry } from '../../account.ts';
import { makeAnthropicDialect } from '../../dialects/anthropic/dialect.ts';
import { messagesEndpoint } from '../../dialects/anthropic/requests.ts';
import type { DialectSettings } from '../../dialects/dialect.ts';
import type { Provider } from '../../provider.ts';
import { checkModel } from '../../transport/call.ts';
import { call } from './call.ts';
import { cancel } from './cancel.ts';
import { type Connection, caller, connect, loadSdk } from './client.ts';
import { create } from './create.ts';
import { download } from './download.ts';
import { anthropicProofs } from './endings.ts';
import { anthropicFaults } from './faults.ts';
import { find } from './find.ts';
import { forget } from './forget.ts';
import { anthropicLimits } from './limits.ts';
import { poll } from './poll.ts';

const defaultBaseUrl = 'https://api.anthropic.com';

export const anthropic: VendorEntry<'apiKey' | 'baseUrl' | 'region'> = {
  settings: [
    {
      name: 'apiKey',
      variable: 'ANTHROPIC_API_KEY',
      secret: true,
      required: true,
      default: null,
      meaning: "The workspace's key.",
    },
    {
      name: 'baseUrl',
      variable: 'ANTHROPIC_BASE_URL',
      secret: false,
      required: false,
      default: defaultBaseUrl,
      meaning: "The API's address, without `/v1`. Set another one for a proxy or a compatible server.",
    },
    {
      name: 'region',
      variable: 'ANTHROPIC_REGION',
      secret: false,
      required: false,
      default: null,
      meaning: 'Where requests are answered, for example `us`: it is the `inference_geo` of each request.',
    },
  ],
  about: {
    foundBy: 'its time and size, confirmed by the first result',
    progress: false,
    webhook: false,
    kept: '29 days',
    unchecked: 'all; above all how it reacts to a create that is sent in pieces',
  },
  make: (account) => createProvider(connect(account), readRegion(account), account.baseUrl === defaultBaseUrl),
  loadSdk,
};

function createProvider(connection: Connection, region: string | null, isVendorItself: boolean): Provider {
  const dialect: DialectSettings = {
    family: 'anthropic',
    name: 'anthropic',
    endpoints: [messagesEndpoint],
    codes: anthropicFaults.items,
    secrets: [],
    isVendorItself,
    fixedFields: region === null ? {} : { inference_geo: region },
  };
  const { missingModel } = anthropicFaults;
  const { sdk } = connection;
  return {
    ...makeAnthropicDialect(dialect),
    dialect,
    region,
    priceRegion: region,
    lanes,
    limits: anthropicLimits,
    proofs: anthropicProofs,
    check: (model, { signal }) =>
      checkModel(caller, missingModel, async () =>
        model === null
          ? (await sdk()).models.list({ limit: 1 }, { signal })
          : (await sdk()).models.retrieve(model, null, { signal }),
      ),
    // The create carries everything.
    upload: async () => ({ fileId: null }),
    find: (submission, ctx) => find(connection, submission, ctx),
    create: (_staged, file, _submission, ctx) => create(connection, file, ctx),
    poll: (handle, ctx) => poll(connection, handle, ctx),
    download: (handle, ctx) => download(connection, handle, ctx),
    cancel: (handle, ctx) => cancel(connection, handle, ctx),
    forget: (handle, ctx) => forget(connection, handle, ctx),
    call: (line, _target, ctx) => call(connection, line, ctx),
  };
}
