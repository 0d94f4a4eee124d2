// The lines of a batch's results in Anthropic's form, made while they are read. Every request has one line.

import type { ResultLine } from '../../../domain/outcome/merge.ts';
import type { ItemReason, Json } from '../../../domain/outcome/outcome.ts';
import { cursorLineBytesMax, lineChunks } from '../../../storage/lines/json-lines.ts';
import type { Store } from '../../../storage/store.ts';
import { isOverTime } from '../batches/read-state.ts';
import type { Batch } from '../batches/record.ts';
import { readResultChunks } from '../batches/results.ts';
import { wrapError } from './anthropic-error.ts';

type Translate = (response: Json) => Json;

/** Some lines at a time. */
export function readResultLines(
  store: Store,
  { record, state }: Batch,
  translate: Translate,
  signal: AbortSignal,
): AsyncGenerator<string> {
  return state.results === null
    ? readUnrun(store, { record, state }, signal)
    : readResults(store, state.results, translate, signal);
}

async function* readResults(
  store: Store,
  results: string,
  translate: Translate,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const rows of readResultChunks(store, results, signal)) {
    if (rows.length > 0) yield rows.map((row) => toLine(String(row.id), describeResult(row, translate))).join('');
  }
}

const toLine = (customId: string, result: Json): string => `${JSON.stringify({ custom_id: customId, result })}\n`;

/** The provider has answered a row that has a response, even if the answer was cut or is a refusal. */
function describeResult(
  { response, reason = 'provider_error', message, detail }: ResultLine,
  translate: Translate,
): Json {
  if (response !== undefined) return { type: 'succeeded', message: translate(response) };
  if (reason === 'cancelled') return { type: 'canceled' };
  if (isOverTime(reason)) return { type: 'expired' };
  return describeFailure(errorTypes[reason] ?? 'api_error', detail ?? message ?? '');
}

const describeFailure = (type: string, message: string): Json => ({
  type: 'errored',
  error: wrapError(type, message, null),
});

/** By these, a caller knows what to do: only an invalid request must be changed before it is sent again. */
const errorTypes: Partial<Record<ItemReason, string>> = {
  bad_request: 'invalid_request_error',
  unauthorized: 'authentication_error',
  not_found: 'not_found_error',
  too_large: 'request_too_large',
  rate_limited: 'rate_limit_error',
  no_money: 'billing_error',
  budget: 'billing_error',
  timeout: 'timeout_error',
  overloaded: 'overloaded_error',
};

/** A batch that ended before anything of it was sent has no results of its own: each request ends as the batch did. */
async function* readUnrun(store: Store, { record, state }: Batch, signal: AbortSignal): AsyncGenerator<string> {
  const [general] = state.problems.filter(({ line }) => line === null);
  const byLine = new Map(state.problems.map(({ line, message }) => [line, message]));
  const fallback = general?.message ?? 'The batch was refused because of another of its requests: nothing was sent.';
  for await (const lines of lineChunks(store.read(record.lines, { signal }), { lineBytesMax: cursorLineBytesMax })) {
    let text = '';
    for (const { number, bytes } of lines) {
      if (bytes === null || bytes.length === 0) continue;
      const { custom_id: customId } = JSON.parse(bytes.toString());
      text += toLine(String(customId), describeUnrun(state.status, byLine.get(number) ?? fallback));
    }
    if (text !== '') yield text;
  }
}

function describeUnrun(status: Batch['state']['status'], message: string): Json {
  if (status === 'cancelled') return { type: 'canceled' };
  return status === 'expired' ? { type: 'expired' } : describeFailure('invalid_request_error', message);
}
