// Why a call failed, from what an SDK or fetch throws. A vendor's words are read here, by the vendor's own table, and go no further.

import type { Fault } from '../../domain/batch/backoff.ts';
import type { NamedLimit } from '../../domain/capacity/window.ts';
import { ProviderError, type ProviderErrorFacts } from '../error.ts';
import { asCode, asFields, asNumber, asRequestId, asText, type Fields, findByCode } from '../json-fields.ts';
import { readRetryAfterMs } from './headers.ts';

/** What the call was for: a create or a realtime call is ambiguous when its reply is lost. An upload may be repeated. */
export type Purpose = 'read' | 'upload' | 'create' | 'call';

const isAmbiguous = (purpose: Purpose): boolean => purpose === 'create' || purpose === 'call';

/** What tells a vendor's refusals apart. Pure data: each vendor has one in its `faults.ts`. */
export interface CallFaults {
  /** Error codes that decide whatever the HTTP status is. */
  readonly codes: Readonly<Record<string, Fault>>;
  /** Beginnings of codes that decide where the status is below 500. */
  readonly codePrefixes: Readonly<Record<string, Fault>>;
  /** HTTP statuses that mean something else here than in `faultByStatus`, or that it lacks. */
  readonly statuses: Readonly<Record<number, Fault>>;
  /** For refusals without a code of their own: the words in the message of a refused create. Never tried on a realtime call, which may quote a prompt. */
  readonly createWords: readonly CreateWords[];
  /** How the vendor names the limit that it has no room within: the first group is the number. */
  readonly limitWords: readonly LimitWords[];
}

export interface LimitWords {
  readonly words: RegExp;
  readonly unit: NamedLimit['unit'];
}

interface CreateWords {
  readonly statuses: readonly number[];
  readonly words: RegExp;
  readonly fault: Fault;
}

/** A vendor as its calls know it. */
export interface Caller {
  readonly name: string;
  readonly calls: CallFaults;
}

/** A vendor's error body, without its envelope. */
export interface ErrorBody {
  readonly codes: readonly string[];
  readonly inner: Fields | null;
  readonly text: string;
}

/** What is not a failed call (a bug, a local file) is handed back as it is. */
export function toProviderError(caller: Caller, purpose: Purpose, error: unknown): unknown {
  if (error instanceof ProviderError) return error;
  const thrown = asFields(error) ?? {};
  const status = asNumber(thrown.status);
  const facts = status === null ? transportFacts(purpose, error) : replyFacts(caller.calls, purpose, status, thrown);
  return facts === null ? error : new ProviderError(caller.name, facts);
}

/** A reply that cannot be all that the vendor sent: cut, or not the promised shape. */
export function unreadableReply(provider: string, purpose: Purpose): ProviderError {
  return new ProviderError(provider, { ...noReply('broken_stream'), ambiguous: isAmbiguous(purpose) });
}

export function plainFault(provider: string, fault: Fault): ProviderError {
  return new ProviderError(provider, noReply(fault));
}

/** Some SDKs hand over what stands under `error`, others the whole body. */
export function readErrorBody(thrown: Fields): ErrorBody {
  const body = asFields(thrown.error);
  const inner = asFields(body?.error) ?? body;
  const candidates = [asFields(inner?.details)?.error_code, inner?.code, inner?.type];
  const codes = candidates.map(asCode).filter((code) => code !== null);
  return { codes, inner, text: asText(inner?.message) ?? asText(thrown.message) ?? '' };
}

function replyFacts(calls: CallFaults, purpose: Purpose, status: number, thrown: Fields): ProviderErrorFacts {
  const body = readErrorBody(thrown);
  const headers = thrown.headers instanceof Headers ? thrown.headers : new Headers();
  const fault = readFault(calls, purpose, status, body);
  return {
    fault,
    limit: fault === 'capacity' ? readNamedLimit(calls.limitWords, body.text) : null,
    status,
    code: body.codes[0] ?? null,
    requestId: asRequestId(headers.get('x-request-id') ?? headers.get('request-id')),
    retryAfterMs: readRetryAfterMs(headers),
    ambiguous: isAmbiguous(purpose) && (status >= 500 || status === 408 || status === 409),
  };
}

function readFault(calls: CallFaults, purpose: Purpose, status: number, { codes, text }: ErrorBody): Fault {
  for (const code of codes) {
    const fault = findByCode(calls.codes, code) ?? (status < 500 ? findByPrefix(calls.codePrefixes, code) : undefined);
    if (fault !== undefined) return fault;
  }
  if (purpose === 'create') {
    const known = calls.createWords.find(({ statuses, words }) => statuses.includes(status) && words.test(text));
    if (known !== undefined) return known.fault;
  }
  if (purpose === 'upload' && isAboutStorage(status, text)) return 'capacity';
  return calls.statuses[status] ?? faultByStatus[status] ?? (status >= 500 ? 'server_error' : 'refused');
}

/** A refused upload that does not fit into the account's storage of files. No vendor publishes these words. A file too large never fits. */
const isAboutStorage = (status: number, text: string): boolean =>
  storageStatuses.has(status) && storageWords.test(text) && !fileSizeWords.test(text);

/** Not those of a refused key or of a file that is too large, whatever their message says. */
const storageStatuses: ReadonlySet<number> = new Set([400, 409, 422, 429, 507]);
const storageWords =
  /\bstor(age|ed)\b.{0,80}\b(limit|quota|exceeded|full)\b|\b(limit|quota|maximum|too many)\b.{0,80}\bfiles\b/i;
const fileSizeWords = /\bsizes?\b|\btoo large\b/i;

/** Only the number is kept of the vendor's message. Null if it names none. */
export function readNamedLimit(limitWords: readonly LimitWords[], text: string): NamedLimit | null {
  for (const { words, unit } of limitWords) {
    const limit = readFigure(words.exec(text)?.[1] ?? '');
    if (limit > 0) return { unit, limit };
  }
  return null;
}

/** `2,000,000` or `1.5M`; 0 for what is not a figure, such as `1,5M`. */
function readFigure(text: string): number {
  const [, figure = '', suffix = ''] = /^(\d+(?:,\d{3})*(?:\.\d*)?) ?([KMB]?)$/i.exec(text) ?? [];
  const number = Number(figure.replaceAll(',', '')) * (figureSuffixes[suffix.toUpperCase()] ?? 1);
  return Number.isFinite(number) ? Math.round(number) : 0;
}

const figureSuffixes: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9 };

function findByPrefix(prefixes: CallFaults['codePrefixes'], code: string): Fault | undefined {
  return Object.entries(prefixes).find(([prefix]) => code.startsWith(prefix))?.[1];
}

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
};

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
const tooSlow = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);
const tooSlowNames = new Set(['AbortError', 'TimeoutError', 'APIUserAbortError', 'APIConnectionTimeoutError']);

function transportFacts(purpose: Purpose, error: unknown): ProviderErrorFacts | null {
  const chain = [...listCauses(error)];
  const codes = chain.map((each) => asText((each as { code?: unknown }).code) ?? '');
  const ambiguous = isAmbiguous(purpose) && !codes.some((code) => neverSent.has(code));
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

/** The platform's fetch throws a TypeError with one of two messages, or an error with a code of the socket's, and so does Node's `http`. */
function isConnection(error: Error): boolean {
  if (error.constructor.name === 'APIConnectionError') return true;
  if (error instanceof TypeError && (error.message === 'fetch failed' || error.message === 'terminated')) return true;
  const code = asText((error as { code?: unknown }).code) ?? '';
  return (
    neverSent.has(code) ||
    code.startsWith('UND_ERR_') ||
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    code.startsWith('Z_')
  );
}

function noReply(fault: Fault): ProviderErrorFacts {
  return { fault, status: null, code: null, requestId: null, retryAfterMs: null, ambiguous: false };
}
