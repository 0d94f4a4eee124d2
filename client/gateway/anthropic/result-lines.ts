// The lines of a batch's results in Anthropic's form, made while they are read. Every request has one line.

import type { ResultLine } from '../../../domain/outcome/merge.ts';
import type { ItemReason, Json } from '../../../domain/outcome/outcome.ts';
import { cursorLineBytesMax, lineChunks } from '../../../storage/lines/json-lines.ts';
import type { Store } from '../../../storage/store.ts';
import { isOverTime } from '../batches/read-state.ts';
import type { Batch } from '../batches/record.ts';
import { type RefusedRequest, readRefused } from '../batches/refused-requests.ts';
import { readResultChunks } from '../batches/results.ts';
import { wrapError } from './anthropic-error.ts';

type Translate = (response: Json) => Json;

export interface ResultParts {
  readonly store: Store;
  /** The folder of the batch's job. */
  readonly folder: string;
  readonly translate: Translate;
  readonly signal: AbortSignal;
}

/** Some lines at a time. */
export async function* readResultLines(parts: ResultParts, { record, state }: Batch): AsyncGenerator<string> {
  const { store, folder, signal } = parts;
  const { results, counts } = state;
  if (results === null && counts.refused === 0) return yield* readUnrun(store, { record, state }, signal);
  if (results !== null) yield* readResults(parts, results);
  for await (const refused of readRefused(store, folder, signal)) {
    if (refused.length > 0) yield refused.map(formatRefused).join('');
  }
}

const formatRefused = ({ customId, message }: RefusedRequest): string =>
  toLine(customId, describeFailure('invalid_request_error', message));

async function* readResults({ store, translate, signal }: ResultParts, results: string): AsyncGenerator<string> {
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
  const result = describeUnrun(state);
  for await (const lines of lineChunks(store.read(record.lines, { signal }), { lineBytesMax: cursorLineBytesMax })) {
    let text = '';
    for (const { bytes } of lines) {
      if (bytes === null || bytes.length === 0) continue;
      const { custom_id: customId } = JSON.parse(bytes.toString());
      text += toLine(String(customId), result);
    }
    if (text !== '') yield text;
  }
}

function describeUnrun({ status, problems }: Batch['state']): Json {
  if (status === 'cancelled') return { type: 'canceled' };
  if (status === 'expired') return { type: 'expired' };
  return describeFailure('api_error', problems[0]?.message ?? 'The batch has ended without results.');
}
