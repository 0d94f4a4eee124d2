// The connection to Vertex AI by its REST API, and the bucket of the account. Everything goes to one project and one region.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import { type Account, readBucket } from '../../account.ts';
import type { Bucket, OpenBucket } from '../../bucket.ts';
import { claudeEndpoint } from '../../dialects/vertex/requests.ts';
import type { CallTarget, Context } from '../../provider.ts';
import type { Shape } from '../../transport/call.ts';
import { type Caller, type Purpose, plainFault } from '../../transport/fault.ts';
import { type Request, readReply, sendWith } from '../../transport/rest.ts';
import { createTokens, type ReadToken } from './credentials.ts';
import { vertexFaults } from './faults.ts';
import { type JobWire, jobWire } from './wire.ts';

export const caller: Caller = { name: 'vertex', calls: vertexFaults.calls };

export type VertexSetting = 'project' | 'region' | 'bucket' | 'accessToken' | 'baseUrl';

export interface Connection {
  /** Up to and including the location. */
  readonly place: string;
  /** Up to and including the version. */
  readonly api: string;
  readonly token: ReadToken;
  readonly bucket: () => Bucket;
}

export function connect(account: Account<VertexSetting>, openBucket: OpenBucket): Connection {
  const { project, region, accessToken } = account;
  const api = `${readAddress(account)}/v1`;
  return {
    api,
    place: `${api}/projects/${encodeURIComponent(project ?? 'none')}/locations/${encodeURIComponent(region ?? 'none')}`,
    token: createTokens(caller, accessToken),
    bucket: () => openBucket(readBucket(account) ?? '/'),
  };
}

/** Each region has an address of its own, and so has the one that stands for all of them. */
function readAddress({ baseUrl, region }: Account<VertexSetting>): string {
  const host = region === null || region === 'global' ? 'aiplatform' : `${region}-aiplatform`;
  return (baseUrl ?? `https://${host}.googleapis.com`).replace(/\/+$/, '');
}

export async function send({ token }: Connection, request: Request, ctx: Context): Promise<Response> {
  return sendWith({ authorization: `Bearer ${await token()}` }, request, ctx);
}

export const ask = <T>(
  connection: Connection,
  purpose: Purpose,
  shape: Shape<T>,
  request: Request,
  ctx: Context,
): Promise<T> => readReply(caller, purpose, shape, () => send(connection, request, ctx));

/** A job's name has the project by its number. Only its last part is used, so that nothing leads to another place. */
export const jobUrl = ({ place }: Connection, { id }: Pick<BatchHandle, 'id'>): string =>
  `${place}/batchPredictionJobs/${encodeURIComponent(id.split('/').at(-1) ?? '')}`;

export const retrieveJob = (connection: Connection, handle: BatchHandle, ctx: Context): Promise<JobWire> =>
  ask(connection, 'read', jobWire, { method: 'GET', url: jobUrl(connection, handle) }, ctx);

const claudeNames = /^claude-/;

/** The model's publisher is known by its name. Refuses a model of the other publisher, whose requests have another form. */
export function modelPath({ model, endpoint }: CallTarget): string {
  if (claudeNames.test(model) !== (endpoint === claudeEndpoint)) throw plainFault(caller.name, 'refused');
  return publisherPath(model);
}

export const publisherPath = (model: string): string =>
  `publishers/${claudeNames.test(model) ? 'anthropic' : 'google'}/models/${encodeURIComponent(model).replace('%40', '@')}`;

/** The key of an object of the account's bucket; null if it is in another place. */
export function toKey({ uri }: Bucket, object: string): string | null {
  return object.startsWith(uri) ? object.slice(uri.length) : null;
}
