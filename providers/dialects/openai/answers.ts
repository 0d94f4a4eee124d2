// One line of OpenAI's output and error files, understood: the HTTP status counts first, then the line's own error.

import type { Finish, RawOutcome } from '../../../domain/outcome/outcome.ts';
import { noUsage, plus, type Usage } from '../../../domain/outcome/usage.ts';
import {
  asCode,
  asFields,
  asJson,
  asList,
  asNumber,
  asObjects,
  asText,
  type Fields,
  findByCode,
  parsedFields,
} from '../../json-fields.ts';
import { type ItemCodes, readDetail, toItemReason } from '../item-reason.ts';
import { imagesAnswer, takeToolImages } from './images.ts';
import { type Answer, embeddingsAnswer, moderationsAnswer } from './values.ts';

export function decode(line: Buffer, endpoint: string, codes: ItemCodes): RawOutcome {
  const record = parsedFields(line.toString('utf8'));
  const customId = asText(record?.custom_id);
  if (record === null || customId === null || customId === '') return { kind: 'unreadable' };
  const response = asFields(record.response);
  const status = asNumber(response?.status_code);
  if (response !== null && status !== null && (status < 200 || status > 299)) {
    const body = asFields(response.body);
    // Some vendors put the fields of the error into the body itself.
    const refusal = asFields(body?.error) ?? body;
    return { kind: 'error', customId, reason: toItemReason(status, codeIn(refusal), codes), ...readDetail(refusal) };
  }
  const error = asFields(record.error);
  if (error !== null && status === null) return unanswered(customId, error, codes);
  // Some servers put the answer itself where others put the answer and its status.
  const body = asFields(response?.body) ?? (Array.isArray(response?.choices) ? response : null);
  return body === null ? { kind: 'unreadable' } : answered(customId, body, endpoint, codes);
}

function unanswered(customId: string, error: Fields, codes: ItemCodes): RawOutcome {
  const code = codeIn(error);
  const why = code === null ? undefined : findByCode(codes.unrun, code);
  if (why !== undefined) return { kind: 'unrun', customId, why, ...readDetail(error) };
  return { kind: 'error', customId, reason: toItemReason(null, code, codes), ...readDetail(error) };
}

const codeIn = (error: Fields | null): string | null => asCode(error?.code) ?? asCode(error?.type);

function answered(customId: string, body: Fields, endpoint: string, codes: ItemCodes): RawOutcome {
  // The responses endpoint can fail with a status of 200.
  if (body.status === 'failed') {
    const error = asFields(body.error);
    return { kind: 'error', customId, reason: toItemReason(null, codeIn(error), codes), ...readDetail(error) };
  }
  const answer = (readers[endpoint] ?? chatAnswer)(body);
  return { kind: 'answer', customId, response: asJson(body), ...answer, model: asText(body.model) };
}

const readers: Readonly<Record<string, (body: Fields) => Answer>> = {
  '/v1/responses': responsesAnswer,
  '/v1/embeddings': embeddingsAnswer,
  '/v1/completions': completionsAnswer,
  '/v1/moderations': moderationsAnswer,
  '/v1/images/generations': (body) => imagesAnswer(body, imagesUsage(body)),
  '/v1/images/edits': (body) => imagesAnswer(body, imagesUsage(body)),
};

function chatAnswer(body: Fields): Answer {
  const choice = asFields(asList(body.choices)[0]);
  const message = asFields(choice?.message);
  const refused = typeof message?.refusal === 'string' && message.refusal !== '';
  const finishReason = asText(choice?.finish_reason);
  const calls = asList(message?.tool_calls);
  return {
    text: refused ? null : contentText(message?.content),
    ...(calls.length === 0 ? {} : { value: asJson(calls) }),
    finish: refused ? 'refused' : toFinish(finishReason),
    finishReason,
    usage: chatUsage(body),
  };
}

/** A text, or a list of parts. */
function contentText(content: unknown): string | null {
  if (typeof content === 'string') return content;
  const texts = asObjects(content).flatMap(({ text }) => asText(text) ?? []);
  return texts.length === 0 ? null : texts.join('');
}

function completionsAnswer(body: Fields): Answer {
  const choice = asFields(asList(body.choices)[0]);
  const finishReason = asText(choice?.finish_reason);
  return { text: asText(choice?.text), finish: toFinish(finishReason), finishReason, usage: chatUsage(body) };
}

function responsesAnswer(body: Fields): Answer {
  const output = asObjects(body.output);
  const parts = output.filter(({ type }) => type === 'message').flatMap(({ content }) => asObjects(content));
  const texts = partsOfType(parts, 'output_text').flatMap(({ text }) => asText(text) ?? []);
  const calls = output.filter(({ type }) => type === 'function_call' || type === 'custom_tool_call');
  const refused = partsOfType(parts, 'refusal').length > 0;
  const finishReason = asText(asFields(body.incomplete_details)?.reason) ?? asText(body.status);
  return {
    text: refused || texts.length === 0 ? null : texts.join(''),
    ...(calls.length === 0 ? {} : { value: asJson(calls) }),
    finish: refused ? 'refused' : toFinish(finishReason),
    finishReason,
    usage: responsesUsage(body),
    ...takeToolImages(body),
  };
}

const partsOfType = (parts: readonly Fields[], type: string): Fields[] => parts.filter((part) => part.type === type);

function toFinish(reason: string | null): Finish {
  if (reason === 'length' || reason === 'max_output_tokens' || reason === 'model_length') return 'length';
  return reason === 'content_filter' ? 'filtered' : 'stop';
}

function chatUsage(body: Fields): Usage {
  const usage = asFields(body.usage);
  if (usage === null) return noUsage;
  return readUsage({
    usage,
    input: asNumber(usage.prompt_tokens),
    inputDetails: asFields(usage.prompt_tokens_details),
    output: asNumber(usage.completion_tokens),
    reasoning: asNumber(asFields(usage.completion_tokens_details)?.reasoning_tokens),
  });
}

function responsesUsage(body: Fields): Usage {
  const usage = asFields(body.usage);
  if (usage === null) return noUsage;
  return readUsage({
    usage,
    input: asNumber(usage.input_tokens),
    inputDetails: asFields(usage.input_tokens_details),
    output: asNumber(usage.output_tokens),
    reasoning: asNumber(asFields(usage.output_tokens_details)?.reasoning_tokens),
  });
}

interface Counts extends Pick<Usage, 'input' | 'output' | 'reasoning'> {
  readonly usage: Fields;
  readonly inputDetails: Fields | null;
}

/** Cached tokens are inside the input. Reasoning is inside the output at OpenAI, and outside of it at xAI, which bills it as output too. */
function readUsage({ usage, input, inputDetails, output, reasoning }: Counts): Usage {
  const total = asNumber(usage.total_tokens);
  const sum = plus(plus(input, output), reasoning);
  // The counts themselves show it: another vendor may do the same.
  const isOutside = reasoning !== null && (reasoning > (output ?? 0) || (reasoning > 0 && total === sum));
  return {
    input,
    cachedInput: asNumber(inputDetails?.cached_tokens),
    cacheWrite: asNumber(inputDetails?.cache_write_tokens),
    output: isOutside && output !== null ? output + reasoning : output,
    reasoning,
  };
}

/** Tokens of the images that an edit begins with have a price of their own. */
function imagesUsage(body: Fields): Usage {
  const imageInput = asNumber(asFields(asFields(body.usage)?.input_tokens_details)?.image_tokens);
  return { ...responsesUsage(body), ...(imageInput === null ? {} : { imageInput }) };
}
