// Refusals in the form that OpenAI's SDKs parse: `{error: {message, type, param, code}}`.

import { GatewayError, type GatewayErrorCode } from '../errors.ts';

/** A refusal with the code that the vendor has for it. */
export class OpenaiError extends GatewayError {
  /** Null for what the vendor has none. */
  readonly vendorCode: string | null;

  constructor(code: GatewayErrorCode, vendorCode: string | null, message: string, field: string | null = null) {
    super(code, message, { field });
    this.vendorCode = vendorCode;
  }
}

export const refuseMissing = (field: string): OpenaiError =>
  new OpenaiError('bad_request', 'missing_required_parameter', `Missing required parameter: '${field}'.`, field);

export const refuseValue = (field: string, message: string): OpenaiError =>
  new OpenaiError('bad_request', 'invalid_value', `Invalid value for '${field}': ${message}`, field);

interface OpenaiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

const types: Partial<Record<GatewayErrorCode, string>> = {
  forbidden: 'permission_error',
  too_many_requests: 'requests',
  no_worker: 'server_error',
  unavailable: 'server_error',
  draining: 'server_error',
};

const codes: Partial<Record<GatewayErrorCode, string | null>> = {
  bad_request: null,
  unauthorized: 'invalid_api_key',
  too_many_requests: 'rate_limit_exceeded',
};

export const describeOpenaiError = (error: GatewayError): OpenaiErrorBody => ({
  error: {
    message: error.message,
    type: types[error.code] ?? 'invalid_request_error',
    param: error.field,
    code: findCode(error),
  },
});

function findCode(error: GatewayError): string | null {
  if (error instanceof OpenaiError) return error.vendorCode;
  const code = codes[error.code];
  return code === undefined ? error.code : code;
}
