// Google's form of an error: the HTTP status, the name of Google's own status, and details that may give a reason.

interface Refusal {
  status: number;
  type?: string | undefined;
  code?: string | undefined;
}

/** A `code` of the problem is the reason, a `type` the name of the status. */
export function geminiError({ status, type, code }: Refusal, message: string) {
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', domain: 'googleapis.com' };
  const details = code === undefined ? {} : { details: [{ ...info, reason: code }] };
  return { error: { code: status, message, status: type ?? statusNames[status] ?? 'INTERNAL', ...details } };
}

const statusNames: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** The number of a status of Google's, by its name. */
export const readRpcCode = (name: string): number => rpcCodes[name.toUpperCase()] ?? 13;

/** The same for an HTTP status. */
export const toRpcCode = (status: number): number => readRpcCode(statusNames[status] ?? '');

const rpcCodes: Record<string, number> = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};
