// Vertex AI behind the port: batch prediction with models of Google and Anthropic.

import { lanes } from '../../../domain/outcome/outcome.ts';
import type { Account, Setting, VendorEntry } from '../../account.ts';
import type { DialectSettings } from '../../dialects/dialect.ts';
import { makeVertexDialect } from '../../dialects/vertex/dialect.ts';
import { vertexEndpoints } from '../../dialects/vertex/requests.ts';
import type { Provider } from '../../provider.ts';
import { checkModel } from '../../transport/call.ts';
import { call } from './call.ts';
import { cancel } from './cancel.ts';
import { type Connection, caller, connect, publisherPath, send, type VertexSetting } from './client.ts';
import { create } from './create.ts';
import { loadAuth } from './credentials.ts';
import { download } from './download.ts';
import { vertexProofs } from './endings.ts';
import { vertexFaults } from './faults.ts';
import { find } from './find.ts';
import { forget } from './forget.ts';
import { vertexLimits } from './limits.ts';
import { poll } from './poll.ts';
import { upload } from './upload.ts';

const settings: readonly Setting<VertexSetting>[] = [
  {
    name: 'project',
    variable: 'VERTEX_PROJECT',
    secret: false,
    required: true,
    default: null,
    meaning: "The project's id.",
  },
  {
    name: 'region',
    variable: 'VERTEX_LOCATION',
    secret: false,
    required: true,
    default: null,
    meaning: 'Where jobs run, such as `europe-west4`, or `global`. The bucket must be there too.',
  },
  {
    name: 'bucket',
    variable: 'VERTEX_BUCKET',
    secret: false,
    required: true,
    default: null,
    meaning: 'A folder for requests and answers: `gs://bucket/folder`.',
  },
  {
    name: 'accessToken',
    variable: 'VERTEX_ACCESS_TOKEN',
    secret: true,
    required: false,
    default: null,
    meaning:
      "A fixed token for calls; meant for tests. Without it, Google's own chain of credentials gives and renews tokens.",
  },
  {
    name: 'baseUrl',
    variable: 'VERTEX_BASE_URL',
    secret: false,
    required: false,
    default: null,
    meaning: "The API's address, without `/v1`, if it is not the location's own, for example a proxy's.",
  },
];

export const vertex: VendorEntry<VertexSetting> = {
  settings,
  about: {
    foundBy: 'its display name',
    progress: true,
    webhook: false,
    kept: 'as long as the bucket keeps them',
    unchecked: 'all; made from its documents and reports, tested against the emulator',
  },
  identify: ({ project }) => project ?? undefined,
  make: (account, openBucket) => createProvider(connect(account, openBucket), account),
  loadSdk: loadAuth,
};

function createProvider(connection: Connection, { region, baseUrl }: Account<VertexSetting>): Provider {
  const { missingModel, items: codes } = vertexFaults;
  const dialect: DialectSettings = {
    family: 'vertex',
    name: 'vertex',
    endpoints: vertexEndpoints,
    codes,
    isVendorItself: baseUrl === null,
    secrets: [],
  };
  return {
    ...makeVertexDialect(dialect),
    dialect,
    region,
    priceRegion: region,
    lanes,
    limits: vertexLimits,
    proofs: vertexProofs,
    check(model, ctx) {
      const { place, api } = connection;
      const url = model === null ? `${place}/batchPredictionJobs?pageSize=1` : `${api}/${publisherPath(model)}`;
      return checkModel(caller, missingModel, async () => {
        await (await send(connection, { method: 'GET', url }, ctx)).body?.cancel();
      });
    },
    upload: (file, submission, ctx) => upload(connection, file, submission, ctx),
    find: (submission, ctx) => find(connection, submission, ctx),
    create: (staged, _file, submission, ctx) => create(connection, staged, submission, ctx),
    poll: (handle, ctx) => poll(connection, handle, ctx),
    download: (handle, ctx) => download(connection, handle, ctx),
    cancel: (handle, ctx) => cancel(connection, handle, ctx),
    forget: (handle, ctx) => forget(connection, handle, ctx),
    call: (line, target, ctx) => call(connection, line, target, ctx),
  };
}
