// The names of all calls; faults, barriers and counters refer to a call by its name here.

import { bedrockRoutes } from '../bedrock/routes.ts';
import { frontPaths } from '../fronts.ts';
import { geminiRoutes } from '../gemini/routes.ts';
import { vertexPath, vertexRoutes } from '../vertex/routes.ts';

export const vendors = ['openai', 'anthropic', 'bedrock', 'gemini', 'vertex'] as const;
export type Vendor = (typeof vendors)[number];

/** Both of Google's APIs have one form of errors and limits. */
export const isGoogle = (vendor: Vendor): boolean => vendor === 'gemini' || vendor === 'vertex';

/** Whether the URL of a call names the model, and not its body. */
export const namesModelInUrl = (vendor: Vendor): boolean => isGoogle(vendor) || vendor === 'bedrock';

interface RouteSpec {
  vendor: Vendor;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  body: 'none' | 'json' | 'stream';
  paid?: true;
  /** The address itself is signed: such a call has no key. */
  signed?: true;
}

const table = {
  'openai.files.create': { vendor: 'openai', method: 'POST', path: '/v1/files', body: 'stream' },
  'openai.files.list': { vendor: 'openai', method: 'GET', path: '/v1/files', body: 'none' },
  'openai.files.retrieve': { vendor: 'openai', method: 'GET', path: '/v1/files/:id', body: 'none' },
  'openai.files.delete': { vendor: 'openai', method: 'DELETE', path: '/v1/files/:id', body: 'none' },
  'openai.files.content': { vendor: 'openai', method: 'GET', path: '/v1/files/:id/content', body: 'none' },
  'openai.files.intend': { vendor: 'openai', method: 'POST', path: '/v1/batches/files', body: 'json' },
  'openai.files.put': { vendor: 'openai', method: 'PUT', path: '/v1/uploads/:id', body: 'stream', signed: true },
  'openai.files.signed': { vendor: 'openai', method: 'GET', path: '/v1/signed/:id', body: 'none', signed: true },
  'openai.batches.create': { vendor: 'openai', method: 'POST', path: '/v1/batches', body: 'json', paid: true },
  'openai.batches.list': { vendor: 'openai', method: 'GET', path: '/v1/batches', body: 'none' },
  'openai.batches.retrieve': { vendor: 'openai', method: 'GET', path: '/v1/batches/:id', body: 'none' },
  'openai.batches.cancel': { vendor: 'openai', method: 'POST', path: '/v1/batches/:id/cancel', body: 'json' },
  'openai.batches.results': { vendor: 'openai', method: 'GET', path: '/v1/batches/:id/results', body: 'none' },
  'openai.batches.delete': { vendor: 'openai', method: 'DELETE', path: '/v1/batches/:id', body: 'none' },
  'openai.chat': { vendor: 'openai', method: 'POST', path: '/v1/chat/completions', body: 'json', paid: true },
  'openai.responses': { vendor: 'openai', method: 'POST', path: '/v1/responses', body: 'json', paid: true },
  'openai.embeddings': { vendor: 'openai', method: 'POST', path: '/v1/embeddings', body: 'json', paid: true },
  'openai.completions': { vendor: 'openai', method: 'POST', path: '/v1/completions', body: 'json', paid: true },
  'openai.moderations': { vendor: 'openai', method: 'POST', path: '/v1/moderations', body: 'json' },
  'openai.images.generate': {
    vendor: 'openai',
    method: 'POST',
    path: '/v1/images/generations',
    body: 'json',
    paid: true,
  },
  'openai.images.edit': { vendor: 'openai', method: 'POST', path: '/v1/images/edits', body: 'json', paid: true },
  'openai.models.list': { vendor: 'openai', method: 'GET', path: '/v1/models', body: 'none' },
  'openai.models.retrieve': { vendor: 'openai', method: 'GET', path: '/v1/models/:id', body: 'none' },
  'anthropic.messages': { vendor: 'anthropic', method: 'POST', path: '/v1/messages', body: 'json', paid: true },
  'anthropic.batches.create': {
    vendor: 'anthropic',
    method: 'POST',
    path: '/v1/messages/batches',
    body: 'stream',
    paid: true,
  },
  'anthropic.batches.list': { vendor: 'anthropic', method: 'GET', path: '/v1/messages/batches', body: 'none' },
  'anthropic.batches.retrieve': { vendor: 'anthropic', method: 'GET', path: '/v1/messages/batches/:id', body: 'none' },
  'anthropic.batches.delete': { vendor: 'anthropic', method: 'DELETE', path: '/v1/messages/batches/:id', body: 'none' },
  'anthropic.batches.cancel': {
    vendor: 'anthropic',
    method: 'POST',
    path: '/v1/messages/batches/:id/cancel',
    body: 'json',
  },
  'anthropic.batches.results': {
    vendor: 'anthropic',
    method: 'GET',
    path: '/v1/messages/batches/:id/results',
    body: 'none',
  },
  'anthropic.models.list': { vendor: 'anthropic', method: 'GET', path: '/v1/models', body: 'none' },
  'anthropic.models.retrieve': { vendor: 'anthropic', method: 'GET', path: '/v1/models/:id', body: 'none' },
  ...bedrockRoutes,
  ...geminiRoutes,
  ...vertexRoutes,
} as const satisfies Record<string, RouteSpec>;

export type RouteName = keyof typeof table;

export const callGroups = ['batch', 'sync', 'files', 'models'] as const;
type CallGroup = (typeof callGroups)[number];

/** The group of a call. Results of batches belong to the batches at Anthropic, and to the files at OpenAI. */
export function groupOf(name: RouteName): CallGroup {
  const [, object] = name.split('.');
  if (object === 'batches') return 'batch';
  return object === 'files' || object === 'models' ? object : 'sync';
}

export const isSync = (name: RouteName): boolean => groupOf(name) === 'sync';

/** The vendor whose front such a path is under, if only one has it. */
export const vendorOfPath = (path: string): Vendor | null =>
  (['bedrock', 'gemini', 'vertex'] as const).find((vendor) => path.startsWith(`${frontPaths[vendor]}/`)) ?? null;

export interface Route extends Pick<RouteSpec, 'vendor' | 'method' | 'body'> {
  name: RouteName;
  paid: boolean;
  signed: boolean;
}

type Compiled = Route & { parts: string[] };

const compiled: Compiled[] = Object.entries(table).map(([name, spec]: [string, RouteSpec]) => {
  if (!isRouteName(name)) throw new Error(`unknown route ${name}`);
  return {
    name,
    vendor: spec.vendor,
    method: spec.method,
    body: spec.body,
    paid: spec.paid === true,
    signed: spec.signed === true,
    parts: spec.path.split('/'),
  };
});

/** OpenAI and Anthropic own /v1/models; only Anthropic's clients send a version header. */
export function findRoute(method: string, path: string, vendor: Vendor): { route: Route; id: string } | null {
  // Gemini's first and its later version are alike.
  const parts = vertexPath(path).replace(geminiFirstVersion, '$1/v1beta/').split('/');
  const matches = compiled
    .filter((route) => route.method === method && samePath(route.parts, parts))
    .sort((a, b) => verbOf(b.parts).length - verbOf(a.parts).length);
  const route = matches.find((match) => match.vendor === vendor) ?? matches[0];
  if (route === undefined) return null;
  const at = route.parts.findIndex((part) => part.startsWith(id));
  return {
    route,
    id: at < 0 ? '' : decodeURIComponent((parts[at] ?? '').slice(0, -verbOf(route.parts).length || undefined)),
  };
}

const geminiFirstVersion = new RegExp(`^(${frontPaths.gemini}(?:/upload|/download)?)/v1/`);
const id = ':id';

/** What follows the id in its part of the path, such as `:cancel`. */
const verbOf = (pattern: readonly string[]): string =>
  pattern.find((part) => part.startsWith(id))?.slice(id.length) ?? '';

function samePath(pattern: string[], parts: string[]): boolean {
  return pattern.length === parts.length && pattern.every((part, at) => samePart(part, parts[at] ?? ''));
}

function samePart(pattern: string, part: string): boolean {
  if (!pattern.startsWith(id)) return pattern === part;
  const verb = pattern.slice(id.length);
  return part.endsWith(verb) && part.length > verb.length;
}

export function isRouteName(name: string): name is RouteName {
  return Object.hasOwn(table, name);
}
