// Why a call failed, from what either SDK throws. A vendor's words are looked into here, to be understood, and go no further.

import type { Fault } from '../../domain/batch/backoff.ts';
import { ProviderError, type ProviderErrorFacts } from '../error.ts';
import { asCode, asFields, asNumber, asRequestId, asText, type Fields } from '../json-fields.ts';
import { readRetryAfterMs } from './retry-after.ts';

/** What the call was for: one that changes something at the vendor is ambiguous when its reply is lost. */
export type Purpose = 'read' | 'create' | 'call';

/** A vendor's error body, without its envelope. */
export interface ErrorBody {
  readonly codes: readonly string[];
  readonly inner: Fields | null;
  readonly text: string;
}

export async function callProvider<T>(provider: string, purpose: Purpose, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toProviderError(provider, purpose, error);
  }
}

/** What is no failure of a call (a bug, a local file) is handed back as it is. */
export function toProviderError(provider: string, purpose: Purpose, error: unknown): unknown {
  if (error instanceof ProviderError) return error;
  const thrown = asFields(error) ?? {};
  const status = asNumber(thrown.status);
  const facts = status === null ? transportFacts(purpose, error) : replyFacts(purpose, status, thrown);
  return facts === null ? error : new ProviderError(provider, facts);
}

/** A reply that cannot be what the vendor sent whole: cut, or not the promised shape. */
export function unreadableReply(provider: string, purpose: Purpose): ProviderError {
  return new ProviderError(provider, { ...noReply('broken_stream'), ambiguous: purpose !== 'read' });
}

export function plainFault(provider: string, fault: Fault): ProviderError {
  return new ProviderError(provider, noReply(fault));
}

/** OpenAI's SDK hands over what stands under `error`, Anthropic's the whole body. */
export function readErrorBody(thrown: Fields): ErrorBody {
  const body = asFields(thrown.error);
  const inner = asFields(body?.error) ?? body;
  const candidates = [asFields(inner?.details)?.error_code, inner?.code, inner?.type];
  const codes = candidates.map(asCode).filter((code) => code !== null);
  return { codes, inner, text: asText(inner?.message) ?? asText(thrown.message) ?? '' };
}

const faultByCode: Readonly<Record<string, Fault>> = {
  insufficient_quota: 'no_money',
  billing_hard_limit_reached: 'no_money',
  billing_not_active: 'no_money',
  billing_error: 'no_money',
  enforced_spend_limit_reached: 'no_money',
  contract_spend_limit_reached: 'no_money',
  token_limit_exceeded: 'capacity',
  too_many_tasks: 'capacity',
  organization_on_hold: 'forbidden',
};

const faultByStatus: Readonly<Record<number, Fault>> = {
  401: 'unauthorized',
  402: 'no_money',
  403: 'forbidden',
  404: 'not_found',
  408: 'timeout',
  409: 'server_error',
  413: 'too_large',
  429: 'rate_limited',
  503: 'overloaded',
  504: 'gateway_timeout',
  529: 'overloaded',
};

/**
 * A vendor has no code for these: only its words tell them from a refusal. Anthropic's for a full queue are not published;
 * where they are missed it is a rate limit, which waits too.
 */
const fullQueue = /enqueued|queue|waiting to be processed/i;
const missingFile = /cannot find file|no such file|file .{0,80}not found/i;

function replyFacts(purpose: Purpose, status: number, thrown: Fields): ProviderErrorFacts {
  const body = readErrorBody(thrown);
  const headers = thrown.headers instanceof Headers ? thrown.headers : new Headers();
  return {
    fault: faultOfReply(purpose, status, body),
    status,
    code: body.codes[0] ?? null,
    requestId: asRequestId(headers.get('x-request-id') ?? headers.get('request-id')),
    retryAfterMs: readRetryAfterMs(headers),
    ambiguous: purpose !== 'read' && (status >= 500 || status === 408 || status === 409),
  };
}

function faultOfReply(purpose: Purpose, status: number, { codes, text }: ErrorBody): Fault {
  for (const code of codes) {
    const fault = faultByCode[code];
    if (fault !== undefined) return fault;
    if (code.startsWith('cmek_') && status < 500) return 'forbidden';
  }
  if (purpose === 'create' && (status === 400 || status === 429) && fullQueue.test(text)) return 'capacity';
  if (purpose === 'create' && (status === 400 || status === 404) && missingFile.test(text)) return 'not_ready';
  return faultByStatus[status] ?? (status >= 500 ? 'server_error' : 'refused');
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
const tooSlow = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);
const tooSlowNames = new Set(['AbortError', 'TimeoutError', 'APIUserAbortError', 'APIConnectionTimeoutError']);

function transportFacts(purpose: Purpose, error: unknown): ProviderErrorFacts | null {
  const chain = [...listCauses(error)];
  const codes = chain.map((each) => asText((each as { code?: unknown }).code) ?? '');
  const ambiguous = purpose !== 'read' && !codes.some((code) => neverSent.has(code));
  // A cut reply that was JSON: the parser's message quotes it.
  if (error instanceof SyntaxError) return { ...noReply('broken_stream'), ambiguous };
  if (chain.some(isTooSlow) || codes.some((code) => tooSlow.has(code))) return { ...noReply('timeout'), ambiguous };
  if (chain.some(isConnection)) return { ...noReply('connection'), ambiguous };
  return null;
}

function* listCauses(error: unknown): Generator<Error> {
  let each = error;
  for (let depth = 0; depth < 8 && each instanceof Error; depth += 1) {
    yield each;
    each = each.cause;
  }
}

const isTooSlow = (error: Error): boolean => tooSlowNames.has(error.name) || tooSlowNames.has(error.constructor.name);

/** The platform's fetch throws a TypeError with one of two messages, or an error with a code of the socket's. */
function isConnection(error: Error): boolean {
  if (error.constructor.name === 'APIConnectionError') return true;
  if (error instanceof TypeError && (error.message === 'fetch failed' || error.message === 'terminated')) return true;
  const code = asText((error as { code?: unknown }).code) ?? '';
  return code.startsWith('UND_ERR_') || code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('Z_');
}

function noReply(fault: Fault): ProviderErrorFacts {
  return { fault, status: null, code: null, requestId: null, retryAfterMs: null, ambiguous: false };
}
