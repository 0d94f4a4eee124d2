// OpenAI behind the port, and whatever provider has the same batch API: those differ by a profile and their settings.

import { lanes } from '../../../domain/outcome/outcome.ts';
import { type Account, readRegion, type VendorEntry } from '../../account.ts';
import type { DialectSettings } from '../../dialects/dialect.ts';
import { makeOpenaiDialect } from '../../dialects/openai/dialect.ts';
import { openaiEndpoints } from '../../dialects/openai/requests.ts';
import type { Provider } from '../../provider.ts';
import { checkModel } from '../../transport/call.ts';
import { call } from './call.ts';
import { cancel } from './cancel.ts';
import { type Connection, connect, loadSdk, type OpenaiProfile, openaiDefaults } from './client.ts';
import { create } from './create.ts';
import { download } from './download.ts';
import { openaiEndings, openaiProofs } from './endings.ts';
import { openaiFaults } from './faults.ts';
import { find } from './find.ts';
import { deleteFiles, forget } from './forget.ts';
import { openaiLimits } from './limits.ts';
import { poll } from './poll.ts';
import { holdsFile, measureFiles, upload } from './upload.ts';

const defaultBaseUrl = 'https://api.openai.com/v1';

const openaiProfile: OpenaiProfile = {
  name: 'openai',
  limits: openaiLimits,
  endings: openaiEndings,
  proofs: openaiProofs,
  faults: openaiFaults,
  endpoints: openaiEndpoints,
  ...openaiDefaults,
};

export const openai: VendorEntry<'apiKey' | 'baseUrl' | 'region'> = {
  settings: [
    {
      name: 'apiKey',
      variable: 'OPENAI_API_KEY',
      secret: true,
      required: true,
      default: null,
      meaning: "The project's key.",
    },
    {
      name: 'baseUrl',
      variable: 'OPENAI_BASE_URL',
      secret: false,
      required: false,
      default: defaultBaseUrl,
      meaning: "The API's address, `/v1` included. Set another one for a proxy or a compatible server.",
    },
    {
      name: 'region',
      variable: 'OPENAI_REGION',
      secret: false,
      required: false,
      default: null,
      meaning: "The project's region, for example `eu`: its own address is used.",
    },
  ],
  about: {
    foundBy: 'the metadata of its create',
    progress: true,
    webhook: true,
    kept: '30 days',
    unchecked: 'all; above all the order of its lists, and the lines of images',
  },
  make: (account) => {
    const profile = { ...openaiProfile, isVendorItself: isOwnAddress(account.baseUrl) };
    const provider = createOpenaiProvider(profile, { ...account, baseUrl: chooseBaseUrl(account) });
    return { ...provider, priceRegion: provider.region };
  },
  loadSdk,
};

/** Each region has an address of its own. Another address, for example that of a proxy, is used as it is. */
function chooseBaseUrl({ baseUrl, region }: Account<'baseUrl' | 'region'>): string | null {
  return region !== null && isOwnAddress(baseUrl) ? `https://${region}.api.openai.com/v1` : baseUrl;
}

/** However it is spelled: with a region, none of the vendor's other addresses may be called. */
const isOwnAddress = (baseUrl: string | null): boolean => {
  const { hostname } = URL.parse(baseUrl ?? '') ?? {};
  return hostname === 'api.openai.com' || hostname?.endsWith('.api.openai.com') === true;
};

/** For OpenAI and for providers with the same batch API. */
export const createOpenaiProvider = (profile: OpenaiProfile, account: Account<'apiKey' | 'baseUrl'>): Provider =>
  providerOver(connect(profile, account), readRegion(account));

/** For providers that share a connection with calls of their own. */
export function providerOver(connection: Connection, region: string | null): Provider {
  const { profile, caller, sdk } = connection;
  const { name, limits, proofs, endpoints, faults, fileList } = profile;
  const dialect: DialectSettings = {
    family: 'openai',
    name,
    endpoints,
    codes: faults.items,
    secrets: [],
    outputLimit: profile.outputLimit,
    linePrefix: profile.linePrefix,
    lacks: profile.lacks,
    isVendorItself: profile.isVendorItself,
  };
  return {
    ...makeOpenaiDialect(dialect),
    dialect,
    region,
    lanes,
    limits,
    proofs,
    check: (model, { signal }) =>
      checkModel(caller, faults.missingModel, async () =>
        model === null || !profile.listsModels
          ? (await sdk()).models.list({ signal })
          : (await sdk()).models.retrieve(model, { signal }),
      ),
    upload: (file, submission, ctx) => upload(connection, file, submission, ctx),
    find: (submission, ctx) => find(connection, submission, ctx),
    holdsFile: (fileId, ctx) => holdsFile(connection, fileId, ctx),
    ...(fileList === null ? {} : { measureFiles: (ctx) => measureFiles(connection, fileList, ctx) }),
    create: (staged, _file, submission, ctx) => create(connection, staged, submission, ctx),
    poll: (handle, ctx) => poll(connection, handle, ctx),
    download: (handle, ctx) => download(connection, handle, ctx),
    cancel: (handle, ctx) => cancel(connection, handle, ctx),
    forgetFile: (fileId, ctx) => deleteFiles(connection, [fileId], ctx),
    forget: (handle, ctx) => forget(connection, handle, ctx),
    call: (line, _target, ctx) => call(connection, line, ctx),
  };
}
