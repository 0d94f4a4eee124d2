// Refusals of the gateway. The message names what, where and what to do next; it never quotes a prompt, an answer or a token.

export const gatewayErrorCodes = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  too_many_requests: 429,
  no_worker: 503,
  unavailable: 503,
  draining: 503,
} as const;
export type GatewayErrorCode = keyof typeof gatewayErrorCodes;

export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: GatewayErrorCode;
  /** The field of the request that is wrong; null if it is not one field. */
  readonly field: string | null;
  /** Seconds after which the same request may be sent again. */
  readonly retryAfter: number | null;

  constructor(
    code: GatewayErrorCode,
    message: string,
    { field = null, retryAfter = null }: { readonly field?: string | null; readonly retryAfter?: number | null } = {},
  ) {
    super(message);
    this.code = code;
    this.field = field;
    this.retryAfter = retryAfter;
  }

  get status(): (typeof gatewayErrorCodes)[GatewayErrorCode] {
    return gatewayErrorCodes[this.code];
  }
}
