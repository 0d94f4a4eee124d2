// Providers that speak OpenAI's API with differences: where it lies, and how its objects look. They share everything else.

import type { Json } from '../server/json.ts';
import { isObject } from '../server/json.ts';
import type { Reply } from '../server/reply.ts';
import type { RouteName } from '../server/routes.ts';

export interface Flavour {
  /** What its paths begin with, before `/v1`. */
  readonly prefix: string;
  /** The path at OpenAI that this one stands for. */
  readonly toPath: (path: string) => string;
  /** The `purpose` of a requests file. */
  readonly purpose: string;
  /** Its form of what OpenAI would reply to this call. */
  readonly reshape: (route: RouteName, body: Json) => unknown;
}

const time = (seconds: unknown): string | null =>
  typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : null;

/** States in capitals, times as text, no counts, no metadata, no pages. */
function togetherBatch({ id, status, endpoint, input_file_id, output_file_id, error_file_id, ...times }: Json) {
  return {
    id,
    status: String(status).toUpperCase(),
    endpoint,
    input_file_id,
    output_file_id,
    error_file_id,
    progress: status === 'completed' ? 100 : 0,
    created_at: time(times.created_at),
    completed_at: time(times.completed_at),
  };
}

const together: Flavour = {
  prefix: '/together',
  toPath: (path) => (path === '/v1/files/upload' ? '/v1/files' : path),
  purpose: 'batch-api',
  reshape: (route, body) => {
    if (route === 'openai.batches.create') return { job: togetherBatch(body), warning: null };
    if (route === 'openai.batches.list') return listed(body).map(togetherBatch);
    return route.startsWith('openai.batches.') ? togetherBatch(body) : body;
  },
};

/** No counts; a list under `value`; a file that is checked before a batch may refer to it. */
const azure: Flavour = {
  prefix: '/azure/openai',
  // The older address has no version in its path, but in its query.
  toPath: (path) => (path.startsWith('/v1/') ? path : `/v1${path.replace(/^\/deployments\/[^/]+/, '')}`),
  purpose: 'batch',
  reshape: (route, body) => {
    if (route === 'openai.batches.list') return { value: listed(body).map(azureBatch), has_more: body.has_more };
    if (route.startsWith('openai.batches.')) return azureBatch(body);
    return route === 'openai.files.create' ? { ...body, status: 'pending' } : body;
  },
};

const azureBatch = (batch: Json): Json => ({
  ...batch,
  request_counts: { total: 0, completed: null, failed: null },
});

const listed = ({ data }: Json): Json[] => (Array.isArray(data) ? data.filter(isObject) : []);

const flavours: readonly Flavour[] = [together, azure];

export const findFlavour = (path: string): Flavour | null =>
  flavours.find(({ prefix }) => path.startsWith(`${prefix}/`)) ?? null;

export function reshapeReply(flavour: Flavour | null, route: RouteName, reply: Reply): Reply {
  if (flavour === null || reply.status !== 200 || reply.body.kind !== 'text') return reply;
  const body: unknown = JSON.parse(reply.body.text);
  if (!isObject(body)) return reply;
  return { ...reply, body: { kind: 'text', text: JSON.stringify(flavour.reshape(route, body)) } };
}
