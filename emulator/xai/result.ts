// A line of OpenAI's output as a result of xAI's: errors have the numbers of gRPC's codes.

import { asObject, asText, type Json } from '../server/json.ts';

const codes: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 408: 4, 429: 8, 503: 14, 504: 4 };

/** Null for a request that never ran: it stays pending, and has no result. */
export function toResult({ custom_id: id, response, error }: Json): Json | null {
  const { status_code: status, body } = asObject(response);
  const named = id === undefined ? {} : { batch_request_id: id };
  if (status === 200) return { ...named, batch_result: { response: { chat_get_completion: body } } };
  const { code, message } = asObject(error);
  if (code === 'batch_expired') return null;
  if (code === 'batch_cancelled') return { ...named, batch_result: { error: { code: 1, message } } };
  const number = code === 'request_timeout' ? 4 : (codes[Number(status)] ?? 13);
  const said = message ?? asText(asObject(asObject(body).error).message);
  return { ...named, batch_result: { error: { code: number, message: said } } };
}
