// A handler's reply before faults are applied to it, and the error formats of the vendors.
import { awsErrorHeaders } from '../bedrock/error.ts';
import { geminiError } from '../gemini/error.ts';
import { isGoogle, type Vendor } from './routes.ts';

export type Chunks = Iterable<Uint8Array>;
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: { kind: 'text'; text: string } | { kind: 'stream'; chunks: () => Chunks; length: () => number };
}

export interface Problem {
  status: number;
  message: string;
  /** The vendor's error type; guessed from the status if left out. */
  type?: string | undefined;
  code?: string | undefined;
  param?: string | undefined;
  headers?: Record<string, string>;
}

/** Thrown by handlers; the only class here, because only an Error keeps its stack. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

export function refuse(status: number, message: string, rest: Omit<Problem, 'status' | 'message'> = {}): Refused {
  return new Refused({ status, message, ...rest });
}

export function json(value: unknown, status = 200): Reply {
  return jsonText(JSON.stringify(value), status);
}

export function jsonText(text: string, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: { kind: 'text', text } };
}

export function stream(contentType: string, chunks: () => Chunks, length: () => number): Reply {
  return { status: 200, headers: { 'content-type': contentType }, body: { kind: 'stream', chunks, length } };
}

export function problemReply(vendor: Vendor, problem: Problem, requestId: string, canary: string | undefined): Reply {
  const body = errorBody(vendor, problem, requestId, canary);
  const reply = json(body, problem.status);
  const named = vendor === 'bedrock' ? awsErrorHeaders(problem) : {};
  return { ...reply, headers: { ...reply.headers, ...named, ...problem.headers } };
}

export function errorBody(vendor: Vendor, problem: Problem, requestId: string | null, canary: string | undefined) {
  const message = canary === undefined ? problem.message : `${problem.message} ${canary}`;
  if (vendor === 'bedrock') return { message };
  if (isGoogle(vendor)) return geminiError(problem, message);
  return vendor === 'openai' ? openaiError(problem, message) : anthropicError(problem, message, requestId);
}

function openaiError({ status, type, code, param }: Problem, message: string) {
  return { error: { message, type: type ?? openaiType(status), param: param ?? null, code: code ?? null } };
}

function openaiType(status: number): string {
  if (status === 429) return 'requests';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

function anthropicError({ status, type, code }: Problem, message: string, requestId: string | null) {
  const details = code === undefined ? {} : { details: { error_code: code } };
  return {
    type: 'error',
    error: { type: type ?? anthropicTypes[status] ?? 'api_error', message, ...details },
    request_id: requestId,
  };
}

const anthropicTypes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  408: 'timeout_error',
  409: 'invalid_request_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
