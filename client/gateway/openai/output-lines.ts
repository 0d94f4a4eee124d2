// The lines of output and error files, made of a batch's results while they are read.

import type { ResultLine } from '../../../domain/outcome/merge.ts';
import type { ItemReason, Json } from '../../../domain/outcome/outcome.ts';
import type { Store } from '../../../storage/store.ts';
import { isOverTime } from '../batches/read-state.ts';
import { type RefusedRequest, readRefused } from '../batches/refused-requests.ts';
import { hashKey } from '../batches/repeats.ts';
import { readResultChunks } from '../batches/results.ts';

export type OutputKind = 'output' | 'errors';

export interface OutputLines {
  /** The uri of the results; null if nothing was sent. */
  readonly results: string | null;
  /** The folder of the job. */
  readonly folder: string;
  readonly kind: OutputKind;
  /** From the form of the provider to the one that the caller gets. */
  readonly translate: (response: Json) => Json;
}

/** Some lines at a time. A line is in one of the two files. */
export async function* readOutput(store: Store, lines: OutputLines, signal: AbortSignal): AsyncGenerator<string> {
  const { results, folder, kind } = lines;
  if (results !== null) yield* readResults(store, results, lines, signal);
  if (kind === 'output') return;
  for await (const refused of readRefused(store, folder, signal)) {
    if (refused.length > 0) yield refused.map((each) => toLine(describeRefused(each, folder))).join('');
  }
}

async function* readResults(
  store: Store,
  results: string,
  { kind, translate }: Pick<OutputLines, 'kind' | 'translate'>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const rows of readResultChunks(store, results, signal)) {
    let text = '';
    for (const row of rows) {
      // The provider has answered a row that has a response, even if the answer was cut or is a refusal.
      const isAnswer = row.response !== undefined;
      if (isAnswer !== (kind === 'output')) continue;
      text += toLine(isAnswer ? describeAnswer(row, translate) : describeFailure(row));
    }
    if (text !== '') yield text;
  }
}

const toLine = (line: Json): string => `${JSON.stringify(line)}\n`;

/** As the vendor answers such a request. */
function describeRefused({ customId, field, message }: RefusedRequest, folder: string): Json {
  const name = hashKey(`${folder} ${customId}`);
  const body = { error: { message, type: invalid, param: field, code: null } };
  const response = { status_code: 400, request_id: `req_${name}`, body };
  return { id: nameRequest(name), custom_id: customId, response, error: null };
}

function describeAnswer({ id, customId, response = null }: ResultLine, translate: (response: Json) => Json): Json {
  return {
    id: nameRequest(customId),
    custom_id: String(id),
    response: { status_code: 200, request_id: `req_${customId}`, body: translate(response) },
    error: null,
  };
}

/** What the provider refused has a status. The rest was not run, as far as is known. */
function describeFailure({ id, customId, reason = 'provider_error', message = '', detail }: ResultLine): Json {
  const line = { id: nameRequest(customId), custom_id: String(id) };
  const refusal = refusals[reason];
  const words = detail ?? message;
  if (refusal === undefined) {
    return { ...line, response: null, error: { code: findUnrunCode(reason), message: words } };
  }
  const [status, type, code] = refusal;
  const body = { error: { message: words, type, param: null, code } };
  return { ...line, response: { status_code: status, request_id: `req_${customId}`, body }, error: null };
}

const nameRequest = (customId: string): string => `batch_req_${customId}`;

const invalid = 'invalid_request_error';

const refusals: Partial<Record<ItemReason, readonly [status: number, type: string, code: string | null]>> = {
  bad_request: [400, invalid, null],
  unauthorized: [401, invalid, 'invalid_api_key'],
  not_found: [404, invalid, 'model_not_found'],
  too_large: [413, invalid, 'request_too_large'],
  rate_limited: [429, 'requests', 'rate_limit_exceeded'],
  no_money: [429, 'insufficient_quota', 'insufficient_quota'],
  provider_error: [500, 'server_error', null],
  overloaded: [503, 'server_error', 'overloaded'],
};

function findUnrunCode(reason: ItemReason): string {
  if (isOverTime(reason)) return 'batch_expired';
  if (reason === 'cancelled') return 'batch_cancelled';
  return reason === 'timeout' ? 'request_timeout' : reason;
}
