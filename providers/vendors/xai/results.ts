// One result of an xAI batch as a line of OpenAI's output, which the dialect reads.

import { asFields, asNumber, asText, type Fields } from '../../json-fields.ts';

/** Errors have the numbers of gRPC's codes. */
const statuses: Readonly<Record<number, number>> = {
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  11: 400,
  13: 500,
  14: 503,
  16: 401,
};
const cancelled: readonly unknown[] = [1, '1', 'cancelled', 'batch_cancelled'];

export function toOutputLine(result: unknown): string {
  const fields = asFields(result);
  const id = asText(fields?.batch_request_id);
  const outcome = asFields(fields?.batch_result);
  const error = asFields(outcome?.error);
  const message = asText(fields?.error_message) || asText(error?.message) || '';
  const isError = message !== '' || Number(error?.code ?? 0) !== 0;
  return JSON.stringify({
    ...(id === null ? {} : { custom_id: id }),
    ...(isError ? toFailure(error?.code, message) : toAnswer(asFields(outcome?.response))),
  });
}

function toFailure(code: unknown, message: string): Fields {
  if (cancelled.includes(code)) return { response: null, error: { code: 'batch_cancelled', message } };
  const status = statuses[asNumber(Number(code)) ?? 0] ?? 500;
  return { response: { status_code: status, body: { error: { message } } }, error: null };
}

/** The answer is under the name of the endpoint's method. A result without one is not understood, and counts as a line that is not readable. */
function toAnswer(response: Fields | null): Fields {
  const body = Object.values(response ?? {}).find((value) => asFields(value) !== null);
  return { response: body === undefined ? null : { status_code: 200, body }, error: null };
}
