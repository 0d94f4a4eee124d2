// The connection to Bedrock by AWS's SDK: its calls, and their failures in the form that the SDKs of other vendors give them. Everything goes to one
// region.

import type { BedrockClient } from '@aws-sdk/client-bedrock';
import type { BatchHandle } from '../../../domain/batch/state.ts';
import { type Account, readBucket } from '../../account.ts';
import type { Bucket, OpenBucket } from '../../bucket.ts';
import { asCode, asFields, asNumber, asText, parsedFields } from '../../json-fields.ts';
import type { Context } from '../../provider.ts';
import { callAndParse, callTimeouts, type Shape } from '../../transport/call.ts';
import { type Caller, type Purpose, plainFault, unreadableReply } from '../../transport/fault.ts';
import { bedrockFaults } from './faults.ts';
import { type JobWire, jobWire } from './wire.ts';

export const caller: Caller = { name: 'bedrock', calls: bedrockFaults.calls };

export type BedrockSetting = 'region' | 'bucket' | 'roleArn' | 'accessKeyId' | 'secretAccessKey' | 'baseUrl';

type Sdk = typeof import('@aws-sdk/client-bedrock');

export interface Connection {
  readonly open: () => Promise<{ readonly sdk: Sdk; readonly client: BedrockClient }>;
  /** Where models answer single calls. */
  readonly runtimeUrl: string;
  /** What AWS acts as when it runs a job. */
  readonly roleArn: string;
  readonly bucket: () => Bucket;
}

export const loadSdk = (): Promise<Sdk> => import('@aws-sdk/client-bedrock');

export function connect(account: Account<BedrockSetting>, openBucket: OpenBucket): Connection {
  let made: ReturnType<Connection['open']> | null = null;
  return {
    open: () => (made ??= loadSdk().then((sdk) => ({ sdk, client: makeClient(sdk, account) }))),
    runtimeUrl: readAddress(account, 'bedrock-runtime'),
    roleArn: account.roleArn ?? '',
    bucket: () => openBucket(readBucket(account) ?? '/'),
  };
}

/** Always set, because the SDK would otherwise read it from its own variables. */
const readAddress = ({ baseUrl, region }: Account<BedrockSetting>, service: string): string =>
  (baseUrl ?? `https://${service}.${region}.amazonaws.com`).replace(/\/+$/, '');

/** Retries are off: they hide time from heartbeats. Without a key of the account, the SDK's own chain finds credentials and renews them. */
function makeClient({ BedrockClient: Client }: Sdk, account: Account<BedrockSetting>): BedrockClient {
  const { accessKeyId, secretAccessKey, region } = account;
  return new Client({
    region: region ?? '',
    endpoint: readAddress(account, 'bedrock'),
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    // A bearer token of the environment would take precedence, and it cannot open the bucket.
    authSchemePreference: ['sigv4'],
    maxAttempts: 1,
    ...(accessKeyId === null ? {} : { credentials: { accessKeyId, secretAccessKey: secretAccessKey ?? '' } }),
  });
}

type Call = (sdk: Sdk, send: BedrockClient['send'], options: { readonly abortSignal: AbortSignal }) => Promise<unknown>;

export async function send({ open }: Connection, purpose: Purpose, call: Call, { signal }: Context): Promise<unknown> {
  const { sdk, client } = await open();
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(callTimeouts.requestMs)]);
  try {
    return await call(sdk, client.send.bind(client), { abortSignal });
  } catch (error) {
    // Otherwise a body that is cut by the signal looks like one that the server has cut.
    throw abortSignal.aborted ? abortSignal.reason : toFailure(purpose, error);
  }
}

export const ask = <T>(
  connection: Connection,
  purpose: Purpose,
  shape: Shape<T>,
  call: Call,
  ctx: Context,
): Promise<T> => callAndParse(caller, purpose, shape, () => send(connection, purpose, call, ctx));

export const retrieveJob = (connection: Connection, { id }: BatchHandle, ctx: Context): Promise<JobWire> =>
  ask(
    connection,
    'read',
    jobWire,
    (sdk, send, options) => send(new sdk.GetModelInvocationJobCommand({ jobIdentifier: id }), options),
    ctx,
  );

/** What AWS's SDK throws: a refusal, a reply that it cannot read, credentials that it does not find, or a broken connection. */
export function toFailure(purpose: Purpose, error: unknown): unknown {
  const thrown = asFields(error) ?? {};
  const status = asNumber(asFields(thrown.$metadata)?.httpStatusCode);
  if (status === null) return isAboutCredentials(thrown.name) ? plainFault(caller.name, 'unauthorized') : error;
  // For example a time that is not one.
  if (status < 300) return error instanceof TypeError ? unreadableReply(caller.name, purpose) : error;
  const sent = Object.entries(asFields(asFields(thrown.$response)?.headers) ?? {});
  return makeRefusal(
    status,
    sent.map(([header, value]) => [header, String(value)]),
    asText(thrown.message),
  );
}

/** Names of the SDK's own errors: nothing was sent. */
const isAboutCredentials = (name: unknown): boolean =>
  name === 'CredentialsProviderError' || name === 'TokenProviderError';

/** Of a reply that was requested without the SDK. */
export const toRefusal = ({ status, headers }: Response, text: string): Error =>
  makeRefusal(status, [...headers], asText(parsedFields(text)?.message));

/** A reply that is not the vendor's own names no exception. */
function makeRefusal(status: number, sent: [name: string, value: string][], message: string | null): Error {
  const headers = new Headers(sent);
  const exception = /^\w+/.exec(headers.get('x-amzn-errortype') ?? '')?.[0];
  const named = exception === undefined ? null : { code: readCode(exception, message ?? ''), message };
  headers.set('x-request-id', headers.get('x-amzn-requestid') ?? '');
  return Object.assign(new Error('the call was refused'), { status, headers, error: named });
}

/** An account that cannot pay has no exception of its own. */
function readCode(exception: string, message: string): string | null {
  return message.includes('INVALID_PAYMENT_INSTRUMENT') ? 'invalid_payment_instrument' : toCode(exception);
}

/** Such as `in_progress` of `InProgress`. */
export const toCode = (name: string): string | null =>
  asCode(name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase());
