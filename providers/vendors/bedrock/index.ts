// Bedrock behind the port: batch inference of AWS, with requests of the Converse API.

import { lanes } from '../../../domain/outcome/outcome.ts';
import type { Setting, VendorEntry } from '../../account.ts';
import { makeBedrockDialect } from '../../dialects/bedrock/dialect.ts';
import { converseEndpoint } from '../../dialects/bedrock/requests.ts';
import type { DialectSettings } from '../../dialects/dialect.ts';
import type { Context, ModelCheck, Provider } from '../../provider.ts';
import { checkModel } from '../../transport/call.ts';
import { call } from './call.ts';
import { cancel } from './cancel.ts';
import { type BedrockSetting, type Connection, caller, connect, loadSdk, send } from './client.ts';
import { create, tryRole } from './create.ts';
import { download } from './download.ts';
import { bedrockProofs } from './endings.ts';
import { bedrockFaults } from './faults.ts';
import { find } from './find.ts';
import { forget } from './forget.ts';
import { bedrockLimits } from './limits.ts';
import { poll } from './poll.ts';
import { upload } from './upload.ts';

const settings: readonly Setting<BedrockSetting>[] = [
  {
    name: 'region',
    variable: 'BEDROCK_REGION',
    secret: false,
    required: true,
    default: null,
    meaning: 'Where jobs run, such as `eu-central-1`. The bucket must be there too.',
  },
  {
    name: 'bucket',
    variable: 'BEDROCK_BUCKET',
    secret: false,
    required: true,
    default: null,
    meaning: 'A folder for requests and answers: `s3://bucket/folder`.',
  },
  {
    name: 'roleArn',
    variable: 'BEDROCK_ROLE_ARN',
    secret: false,
    required: true,
    default: null,
    meaning: 'The role that AWS takes to read and write in that folder: `arn:aws:iam::…:role/…`.',
  },
  {
    name: 'accessKeyId',
    variable: 'BEDROCK_ACCESS_KEY_ID',
    secret: true,
    required: false,
    pairedWith: 'secretAccessKey',
    default: null,
    meaning:
      "The id of a fixed key that signs calls; meant for tests. Without it, AWS's own chain of credentials gives and renews keys.",
  },
  {
    name: 'secretAccessKey',
    variable: 'BEDROCK_SECRET_ACCESS_KEY',
    secret: true,
    required: false,
    default: null,
    meaning: 'The secret part of that key.',
  },
  {
    name: 'baseUrl',
    variable: 'BEDROCK_BASE_URL',
    secret: false,
    required: false,
    default: null,
    meaning: "The API's address, for example a proxy's. Without it, AWS's own two addresses for the region are used.",
  },
];

export const bedrock: VendorEntry<BedrockSetting> = {
  settings,
  about: {
    foundBy: 'its name; a create can be repeated',
    progress: true,
    webhook: false,
    kept: 'as long as the bucket keeps them',
    unchecked: 'all; made from its documents and reports, tested against the emulator',
  },
  // A job's role is always of the account that makes the job: AWS passes no role to another account.
  identify: ({ roleArn }) => /^arn:[^:]+:iam::(\d+):/.exec(roleArn ?? '')?.[1],
  make: (account, openBucket) => createProvider(connect(account, openBucket), account.region),
  loadSdk,
};

function createProvider(connection: Connection, region: string | null): Provider {
  const dialect: DialectSettings = {
    family: 'bedrock',
    name: 'bedrock',
    endpoints: [converseEndpoint],
    codes: bedrockFaults.items,
    // Jobs refuse requests of Converse with tools (AWS docs, batch inference).
    lacks: ['tools'],
    secrets: [],
  };
  return {
    ...makeBedrockDialect(dialect),
    dialect,
    region,
    lanes,
    limits: bedrockLimits,
    proofs: bedrockProofs,
    check: (model, ctx) => checkAt(connection, model, ctx),
    tryRole: (name, ctx) => tryRole(connection, name, ctx),
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

/** A model may also be an inference profile, such as `eu.anthropic.claude-…`. */
async function checkAt(connection: Connection, model: string | null, ctx: Context): Promise<ModelCheck> {
  const ask = (call: Parameters<typeof send>[2]): Promise<ModelCheck> =>
    checkModel(caller, bedrockFaults.missingModel, () => send(connection, 'read', call, ctx));
  if (model === null) {
    return ask((sdk, send, options) => send(new sdk.ListModelInvocationJobsCommand({ maxResults: 1 }), options));
  }
  const found = await ask((sdk, send, options) =>
    send(new sdk.GetFoundationModelCommand({ modelIdentifier: model }), options),
  );
  if (found === 'ok' || found === 'bad_key') return found;
  return ask((sdk, send, options) =>
    send(new sdk.GetInferenceProfileCommand({ inferenceProfileIdentifier: model }), options),
  );
}
