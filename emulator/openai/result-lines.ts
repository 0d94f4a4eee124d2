// The lines of a batch's output and error files.
import type { Item } from '../answers/answer.ts';
import { isBilled, isError, type Outcome, outcomes } from '../answers/outcome.ts';
import { idField, type LineWriter } from '../answers/results.ts';
import { parseOptions } from '../faults/options.ts';
import { errorBody, type Problem } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import { hex16 } from '../world/hash.ts';
import { type Endpoint, isEndpoint, openaiBody } from './answers.ts';
import { foreignModel } from './batch-object.ts';

const notRun = {
  expired: ['batch_expired', 'This request could not be executed before the completion window expired.'],
  cancelled: ['batch_cancelled', 'This request was cancelled before it was executed.'],
} as const;
const plainOptions = parseOptions({});
const timedOut = ['request_timeout', 'This request timed out.'] as const;

export function resultWriter(batch: Batch, part: 'output' | 'error'): LineWriter {
  const endpoint: Endpoint = isEndpoint(batch.endpoint) ? batch.endpoint : '/v1/chat/completions';
  if (part === 'error') return (item, customId, at) => errorLine(batch, item, customId, at);
  const body = bodyWriter(endpoint, batch);
  return (item, customId, at) => (isBilled(item.outcome) ? httpLine(batch, customId, at, item, 200, body(item)) : null);
}

/** The bodies of equal requests with the same outcome are equal: the last one is kept. */
function bodyWriter(endpoint: Endpoint, { options }: Batch): (item: Item) => string {
  let last: { readonly item: Item; readonly text: string } | null = null;
  return (item) => {
    if (last !== null && isAlike(last.item, item)) return last.text;
    last = { item, text: openaiBody(endpoint, item, options) };
    return last.text;
  };
}

const isAlike = (a: Item, b: Item): boolean =>
  a.hash.hi === b.hash.hi && a.hash.lo === b.hash.lo && a.outcome === b.outcome && a.createdS === b.createdS;

function errorLine(batch: Batch, item: Item, customId: string | null, at: number): string | null {
  if (item.outcome === outcomes.timeout) return unansweredLine(batch, customId, at, timedOut);
  if (isError(item.outcome)) {
    const problem = itemProblem(
      item.outcome,
      batch.scan?.index.defects.get(at),
      batch.scan?.index.sentinels.get(at)?.fail,
    );
    const body = JSON.stringify(errorBody('openai', problem, null, batch.options.errorBodyText));
    return httpLine(batch, customId, at, item, problem.status, body);
  }
  // A failed batch says what was wrong with it, and nothing about the items that it never ran.
  if (item.outcome !== outcomes.notRun || batch.final?.phase === 'failed') return null;
  return unansweredLine(batch, customId, at, batch.final?.phase === 'cancelled' ? notRun.cancelled : notRun.expired);
}

export function itemProblem(outcome: Outcome, defect: string | undefined, told?: number | null): Problem {
  if (outcome === outcomes.error400) {
    const status = told ?? 400;
    return { status, message: defect ?? 'Invalid request.', type: 'invalid_request_error', code: 'invalid_request' };
  }
  if (outcome === outcomes.error429) {
    return { status: 429, message: 'Rate limit reached for requests.', type: 'requests', code: 'rate_limit_exceeded' };
  }
  if (outcome === outcomes.timeout) return { status: 408, message: 'Request timed out.', code: 'request_timeout' };
  const message = 'The server had an error while processing your request.';
  return { status: told ?? 500, message, type: 'server_error', code: 'server_error' };
}

function httpLine(
  batch: Batch,
  customId: string | null,
  at: number,
  { hash }: Item,
  status: number,
  body: string,
): string {
  return `{"id":"${lineId(batch, at)}",${idField(customId)}"response":{"status_code":${status},"request_id":"req_${hex16(hash)}","body":${body}},"error":null}`;
}

function unansweredLine(
  batch: Batch,
  customId: string | null,
  at: number,
  [code, message]: readonly [string, string],
): string {
  return `{"id":"${lineId(batch, at)}",${idField(customId)}"response":null,"error":{"code":"${code}","message":${JSON.stringify(message)}}}`;
}

const lineId = ({ id }: Batch, at: number): string => `batch_req_${id.slice(6, 22)}${at}`;

/** The line of another customer's item; the batch's options do not affect it. */
export function foreignLine(item: Item, customId: string): string {
  const body = openaiBody('/v1/chat/completions', { ...item, model: foreignModel }, plainOptions);
  const request = `req_${hex16(item.hash)}`;
  return `{"id":"batch_${request}",${idField(customId)}"response":{"status_code":200,"request_id":"${request}","body":${body}},"error":null}`;
}
