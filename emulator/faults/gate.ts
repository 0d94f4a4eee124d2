// Refusals before a call is executed: keys, money, rate limits and the call faults of the options.
import type { IncomingMessage } from 'node:http';
import type { Call } from '../server/call.ts';
import { type Problem, Refused, refuse } from '../server/reply.ts';
import { isGoogle, isSync, type Vendor } from '../server/routes.ts';
import { hashText, hex8, roll } from '../world/hash.ts';
import type { World } from '../world/world.ts';
import type { CallFault } from './options.ts';

const anthropicVersions = ['2023-06-01', '2026-10-21'];

export function readTenant(world: World, request: IncomingMessage, vendor: Vendor): string {
  const { keys, sharedWorkspace, auth } = world.options.current;
  const key = readKey(request);
  const known = keys === undefined ? key !== null : key !== null && Object.hasOwn(keys, key);
  if (!known) throw new Refused(vendor === 'gemini' ? unknownGeminiKey : badKey(vendor, 401));
  if (auth !== undefined && world.options.take('auth', auth.times)) throw new Refused(badKey(vendor, auth.reject));
  if (sharedWorkspace) return 'shared';
  return keys?.[key ?? ''] ?? `key-${hex8(hashText(key ?? '').hi)}`;
}

/** A request with a key that does not exist counts as a bad request. */
const unknownGeminiKey: Problem = {
  status: 400,
  message: 'API key not valid. Please pass a valid API key.',
  code: 'API_KEY_INVALID',
};

/** With the status of a missing permission. */
const unknownAwsKey: Problem = {
  status: 403,
  message: 'The security token included in the request is invalid.',
  type: 'UnrecognizedClientException',
};

/** A key that is sent to a signed address reaches somebody else. */
export function readSignature({ request, query }: Call): string {
  if (request.headers.authorization !== undefined) throw refuse(400, 'Only one authentication mechanism is allowed.');
  const signature = query.get('signature');
  if (signature === null) throw refuse(403, 'The signature is missing.');
  return signature;
}

function readKey({ headers }: IncomingMessage): string | null {
  const plain = headers['x-api-key'] ?? headers['api-key'] ?? headers['x-goog-api-key'];
  if (typeof plain === 'string' && plain !== '') return plain;
  const [, accessKeyId] = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  if (accessKeyId !== undefined) return accessKeyId;
  const [scheme, token] = (headers.authorization ?? '').split(' ');
  return scheme?.toLowerCase() === 'bearer' && token !== undefined && token !== '' ? token : null;
}

function badKey(vendor: Vendor, status: 401 | 403): Problem {
  if (isGoogle(vendor)) return { status, message: 'The request does not have valid authentication credentials.' };
  if (vendor === 'bedrock') return status === 401 ? unknownAwsKey : { status, message: 'User is not authorized.' };
  if (vendor === 'anthropic') {
    return { status, message: status === 401 ? 'invalid x-api-key' : 'Your API key does not have permission.' };
  }
  if (status === 401) {
    return { status, message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' };
  }
  return { status, message: 'You have insufficient permissions for this operation.', type: 'invalid_request_error' };
}

export function checkVersion({ route, request }: Call): void {
  if (route.vendor !== 'anthropic') return;
  const version = request.headers['anthropic-version'];
  if (version === undefined) throw refuse(400, 'anthropic-version: header is required');
  if (!anthropicVersions.includes(String(version))) {
    throw refuse(400, `anthropic-version: "${version}" is not a valid version`);
  }
}

/** The refusal that the options define for this call. Null: the call continues. */
export function callFault(world: World, call: Call): { problem: Problem; text: string | null } | null {
  const { calls, sync } = world.options.current;
  const money = moneyProblem(world, call);
  if (money !== null) return { problem: money, text: null };
  if (sync.rate429 > 0 && isSync(call.route.name) && rolled(world) < sync.rate429) {
    return { problem: rateLimited(call.route.vendor), text: null };
  }
  const key = Object.hasOwn(calls, call.route.name) ? call.route.name : '*';
  const fault = calls[key];
  if (fault === undefined || (fault.tenant ?? call.tenant) !== call.tenant) return null;
  if (!world.options.take(`calls/${key}`, fault.times)) return null;
  const { status, message = `Injected ${status}.`, type, code, param } = fault;
  const problem = { status, message, type, code, param, headers: faultHeaders(world, fault) };
  return { problem, text: fault.body ?? null };
}

function moneyProblem(world: World, { route }: Call): Problem | null {
  const { money } = world.options.current;
  const limit = money[route.vendor];
  if (limit === undefined || !route.paid || !world.options.take(`money/${route.vendor}`, limit.times)) return null;
  if (route.vendor === 'openai') {
    const message = 'You exceeded your current quota, please check your plan and billing details.';
    return { status: 429, message, type: 'insufficient_quota', code: 'insufficient_quota' };
  }
  if (route.vendor === 'bedrock') {
    const message = 'Model access is denied due to INVALID_PAYMENT_INSTRUMENT: a valid payment instrument is required.';
    return { status: 403, message };
  }
  if (isGoogle(route.vendor)) {
    return { status: 403, message: 'This API method requires billing to be enabled.', code: 'BILLING_DISABLED' };
  }
  return {
    status: 429,
    message: 'The spend limit of this organization has been reached.',
    code: 'enforced_spend_limit_reached',
  };
}

function rateLimited(vendor: Vendor): Problem {
  const headers = { 'retry-after': '1' };
  if (vendor === 'anthropic') return { status: 429, message: 'This request would exceed your rate limit.', headers };
  if (vendor === 'bedrock') return { status: 429, message: 'Too many requests.', headers };
  if (isGoogle(vendor)) return { status: 429, message: 'Resource has been exhausted (e.g. check quota).', headers };
  return {
    status: 429,
    message: 'Rate limit reached for requests.',
    type: 'requests',
    code: 'rate_limit_exceeded',
    headers,
  };
}

function rolled(world: World): number {
  world.rolls += 1;
  return roll({ hi: world.rolls, lo: 7 }, world.options.current.seed, 8);
}

function faultHeaders(world: World, { retryAfter, retryAfterFormat, shouldRetry }: CallFault): Record<string, string> {
  const headers: Record<string, string> = shouldRetry === undefined ? {} : { 'x-should-retry': String(shouldRetry) };
  if (retryAfter === undefined || retryAfterFormat === 'none') return headers;
  if (retryAfterFormat === 'ms') return { ...headers, 'retry-after-ms': String(retryAfter * 1000) };
  const date = new Date(world.clock.now() + retryAfter * 1000).toUTCString();
  return { ...headers, 'retry-after': retryAfterFormat === 'date' ? date : String(retryAfter) };
}
