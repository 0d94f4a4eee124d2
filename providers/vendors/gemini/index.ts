// Gemini's Developer API behind the port.

import { lanes } from '../../../domain/outcome/outcome.ts';
import type { VendorEntry } from '../../account.ts';
import type { DialectSettings } from '../../dialects/dialect.ts';
import { makeGeminiDialect } from '../../dialects/gemini/dialect.ts';
import { geminiEndpoints } from '../../dialects/gemini/requests.ts';
import type { Provider } from '../../provider.ts';
import { checkModel } from '../../transport/call.ts';
import { call } from './call.ts';
import { cancel } from './cancel.ts';
import { apiUrl, type Connection, caller, connect, modelPath, send } from './client.ts';
import { create } from './create.ts';
import { download } from './download.ts';
import { geminiProofs } from './endings.ts';
import { geminiFaults } from './faults.ts';
import { find } from './find.ts';
import { forget, forgetFile } from './forget.ts';
import { geminiLimits, inlineBytesMax } from './limits.ts';
import { measureFiles } from './measure.ts';
import { poll } from './poll.ts';
import { holdsFile, upload } from './upload.ts';

const defaultBaseUrl = 'https://generativelanguage.googleapis.com';

export const gemini = makeGeminiEntry(inlineBytesMax);

/** A batch of up to `inlineMax` bytes is sent with its create. */
export function makeGeminiEntry(inlineMax: number): VendorEntry<'apiKey' | 'baseUrl'> {
  return {
    settings: [
      {
        name: 'apiKey',
        variable: 'GEMINI_API_KEY',
        secret: true,
        required: true,
        default: null,
        meaning: "The project's key.",
      },
      {
        name: 'baseUrl',
        variable: 'GEMINI_BASE_URL',
        secret: false,
        required: false,
        default: defaultBaseUrl,
        meaning: "The API's address, without `/v1beta`. Set another one for a proxy.",
      },
    ],
    about: {
      foundBy: 'its display name',
      progress: true,
      webhook: true,
      kept: '6 weeks',
      unchecked: 'all; made from its documents and reports, tested against the emulator',
    },
    make: (account) => createProvider(connect(account, inlineMax), account.baseUrl === defaultBaseUrl),
    // There is none to load.
    loadSdk: async () => undefined,
  };
}

function createProvider(connection: Connection, isVendorItself: boolean): Provider {
  const { missingModel, items: codes } = geminiFaults;
  const dialect: DialectSettings = {
    family: 'gemini',
    name: 'gemini',
    endpoints: geminiEndpoints,
    codes,
    isVendorItself,
    secrets: [],
  };
  return {
    ...makeGeminiDialect(dialect),
    dialect,
    region: null,
    lanes,
    limits: geminiLimits,
    proofs: geminiProofs,
    check: (model, ctx) =>
      checkModel(caller, missingModel, async () => {
        const path = model === null ? 'models?pageSize=1' : modelPath(model);
        await (await send(connection, { method: 'GET', url: apiUrl(connection, path) }, ctx)).body?.cancel();
      }),
    upload: (file, _submission, ctx) => upload(connection, file, ctx),
    find: (submission, ctx) => find(connection, submission, ctx),
    holdsFile: (fileId, ctx) => holdsFile(connection, fileId, ctx),
    measureFiles: (ctx) => measureFiles(connection, ctx),
    create: (staged, file, submission, ctx) => create(connection, staged, file, submission, ctx),
    poll: (handle, ctx) => poll(connection, handle, ctx),
    download: (handle, ctx) => download(connection, handle, ctx),
    cancel: (handle, ctx) => cancel(connection, handle, ctx),
    forgetFile: (fileId, ctx) => forgetFile(connection, fileId, ctx),
    forget: (handle, ctx) => forget(connection, handle, ctx),
    call: (line, target, ctx) => call(connection, line, target, ctx),
  };
}
