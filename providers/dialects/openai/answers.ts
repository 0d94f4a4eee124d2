// One line of OpenAI's output and error files, understood: the HTTP status counts first, then the line's own error.

import { type Finish, type Json, noUsage, type RawOutcome, type Usage } from '../../../domain/outcome/outcome.ts';
import {
  codeOf,
  type Fields,
  fieldsOf,
  jsonOf,
  listOf,
  numberOf,
  objectsOf,
  parsedFields,
  textOf,
} from '../../json-fields.ts';
import { embeddingsAnswer, moderationsAnswer } from './values.ts';

/** What an answer's body says, whichever endpoint it came from. */
export interface Answer {
  readonly text: string | null;
  readonly value?: Json;
  readonly finish: Finish;
  readonly finishReason: string | null;
  readonly usage: Usage;
}

export function decode(line: Buffer, endpoint: string): RawOutcome {
  const record = parsedFields(line.toString('utf8'));
  const customId = textOf(record?.custom_id);
  if (record === null || customId === null || customId === '') return { kind: 'unreadable' };
  const response = fieldsOf(record.response);
  const status = numberOf(response?.status_code);
  if (response !== null && status !== null && (status < 200 || status > 299)) {
    return { kind: 'error', customId, status, code: codeIn(fieldsOf(fieldsOf(response.body)?.error)) };
  }
  const error = fieldsOf(record.error);
  if (error !== null && status === null) return unanswered(customId, error);
  const body = fieldsOf(response?.body);
  return body === null ? { kind: 'unreadable' } : answered(customId, body, endpoint);
}

const unrunCodes: Readonly<Record<string, 'expired' | 'cancelled' | 'timeout'>> = {
  batch_expired: 'expired',
  batch_cancelled: 'cancelled',
  request_timeout: 'timeout',
};

function unanswered(customId: string, error: Fields): RawOutcome {
  const code = codeIn(error);
  const why = code === null ? undefined : unrunCodes[code];
  return why === undefined ? { kind: 'error', customId, status: null, code } : { kind: 'unrun', customId, why };
}

const codeIn = (error: Fields | null): string | null => codeOf(error?.code) ?? codeOf(error?.type);

function answered(customId: string, body: Fields, endpoint: string): RawOutcome {
  // The responses endpoint can fail with a status of 200.
  if (body.status === 'failed') return { kind: 'error', customId, status: null, code: codeIn(fieldsOf(body.error)) };
  const answer = (readers[endpoint] ?? chatAnswer)(body);
  return { kind: 'answer', customId, ...answer, model: textOf(body.model), response: jsonOf(body) };
}

const readers: Readonly<Record<string, (body: Fields) => Answer>> = {
  '/v1/responses': responsesAnswer,
  '/v1/embeddings': embeddingsAnswer,
  '/v1/completions': completionsAnswer,
  '/v1/moderations': moderationsAnswer,
};

function chatAnswer(body: Fields): Answer {
  const choice = fieldsOf(listOf(body.choices)[0]);
  const message = fieldsOf(choice?.message);
  const refused = typeof message?.refusal === 'string' && message.refusal !== '';
  const finishReason = textOf(choice?.finish_reason);
  const calls = listOf(message?.tool_calls);
  return {
    text: refused ? null : contentText(message?.content),
    ...(calls.length === 0 ? {} : { value: jsonOf(calls) }),
    finish: refused ? 'refused' : finishOf(finishReason),
    finishReason,
    usage: chatUsage(body),
  };
}

/** A text, or a list of parts. */
function contentText(content: unknown): string | null {
  if (typeof content === 'string') return content;
  const texts = objectsOf(content).flatMap(({ text }) => textOf(text) ?? []);
  return texts.length === 0 ? null : texts.join('');
}

function completionsAnswer(body: Fields): Answer {
  const choice = fieldsOf(listOf(body.choices)[0]);
  const finishReason = textOf(choice?.finish_reason);
  return { text: textOf(choice?.text), finish: finishOf(finishReason), finishReason, usage: chatUsage(body) };
}

function responsesAnswer(body: Fields): Answer {
  const output = objectsOf(body.output);
  const parts = output.filter(({ type }) => type === 'message').flatMap(({ content }) => objectsOf(content));
  const texts = partsOfType(parts, 'output_text').flatMap(({ text }) => textOf(text) ?? []);
  const calls = output.filter(({ type }) => type === 'function_call' || type === 'custom_tool_call');
  const refused = partsOfType(parts, 'refusal').length > 0;
  const finishReason = textOf(fieldsOf(body.incomplete_details)?.reason) ?? textOf(body.status);
  return {
    text: refused || texts.length === 0 ? null : texts.join(''),
    ...(calls.length === 0 ? {} : { value: jsonOf(calls) }),
    finish: refused ? 'refused' : finishOf(finishReason),
    finishReason,
    usage: responsesUsage(body),
  };
}

const partsOfType = (parts: readonly Fields[], type: string): Fields[] => parts.filter((part) => part.type === type);

function finishOf(reason: string | null): Finish {
  if (reason === 'length' || reason === 'max_output_tokens') return 'length';
  return reason === 'content_filter' ? 'filtered' : 'stop';
}

/** Cached tokens are inside `prompt_tokens`, reasoning inside `completion_tokens`. */
function chatUsage(body: Fields): Usage {
  const usage = fieldsOf(body.usage);
  if (usage === null) return noUsage;
  const input = fieldsOf(usage.prompt_tokens_details);
  return {
    input: numberOf(usage.prompt_tokens),
    cachedInput: numberOf(input?.cached_tokens),
    cacheWrite: numberOf(input?.cache_write_tokens),
    output: numberOf(usage.completion_tokens),
    reasoning: numberOf(fieldsOf(usage.completion_tokens_details)?.reasoning_tokens),
  };
}

function responsesUsage(body: Fields): Usage {
  const usage = fieldsOf(body.usage);
  if (usage === null) return noUsage;
  const input = fieldsOf(usage.input_tokens_details);
  return {
    input: numberOf(usage.input_tokens),
    cachedInput: numberOf(input?.cached_tokens),
    cacheWrite: numberOf(input?.cache_write_tokens),
    output: numberOf(usage.output_tokens),
    reasoning: numberOf(fieldsOf(usage.output_tokens_details)?.reasoning_tokens),
  };
}
