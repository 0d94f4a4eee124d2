// The providers that share OpenAI's API with differences: where it lies, and how its objects look.

import { digitalocean } from '../digitalocean/flavour.ts';
import { fireworks } from '../fireworks/flavour.ts';
import { mistral } from '../mistral/flavour.ts';
import { openrouter } from '../openrouter/flavour.ts';
import type { Call, Flavour } from '../server/call.ts';
import { isObject, type Json, parseObject } from '../server/json.ts';
import type { Reply } from '../server/reply.ts';
import { xai } from '../xai/flavour.ts';
import { readAsked } from './files.ts';
import { listed, toIsoTime } from './reshape.ts';

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
    created_at: toIsoTime(times.created_at),
    completed_at: toIsoTime(times.completed_at),
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
  // The older address has no version in its path, but in its query, without which nothing is found.
  toPath(path, query) {
    if (path.startsWith('/v1/')) return path;
    return query.has('api-version') ? `/v1${path.replace(/^\/deployments\/[^/]+/, '')}` : path;
  },
  purpose: 'batch',
  uploadTtlMs: (fields) => readAsked(fields, 'expires_after[seconds]', 1000),
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

const flavours: readonly Flavour[] = [together, azure, digitalocean, fireworks, mistral, openrouter, xai];

export const findFlavour = (path: string): Flavour | null =>
  flavours.find(({ prefix }) => path.startsWith(`${prefix}/`)) ?? null;

export function reshapeReply(call: Call, reply: Reply): Reply {
  const { flavour, route } = call;
  if (flavour === null || reply.body.kind !== 'text') return reply;
  if (reply.status >= 300) return reshapeRefusal(flavour, reply, reply.body.text);
  const body: unknown = JSON.parse(reply.body.text);
  return isObject(body) ? withText(reply, flavour.reshape(route.name, body, call)) : reply;
}

function reshapeRefusal({ refusal }: Flavour, reply: Reply, text: string): Reply {
  // An injected body need not be JSON.
  const error = refusal === undefined ? null : parseObject(text)?.error;
  return refusal !== undefined && isObject(error) ? withText(reply, refusal(error)) : reply;
}

const withText = (reply: Reply, body: unknown): Reply => ({
  ...reply,
  body: { kind: 'text', text: JSON.stringify(body) },
});
