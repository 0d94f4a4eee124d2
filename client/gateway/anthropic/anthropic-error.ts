// Refusals in the form that Anthropic's SDKs parse: `{type: 'error', error: {type, message}, request_id}`.

import type { Json } from '../../../domain/outcome/outcome.ts';
import type { GatewayError, GatewayErrorCode } from '../errors.ts';

const types: Readonly<Record<GatewayErrorCode, string>> = {
  bad_request: 'invalid_request_error',
  unauthorized: 'authentication_error',
  forbidden: 'permission_error',
  not_found: 'not_found_error',
  conflict: 'invalid_request_error',
  too_large: 'request_too_large',
  too_many_requests: 'rate_limit_error',
  no_worker: 'api_error',
  unavailable: 'api_error',
  draining: 'overloaded_error',
};

export const describeAnthropicError = ({ code, message }: GatewayError, requestId: string): object =>
  wrapError(types[code], message, requestId);

export const wrapError = (type: string, message: string, requestId: string | null): { [name: string]: Json } => ({
  type: 'error',
  error: { type, message },
  request_id: requestId,
});
