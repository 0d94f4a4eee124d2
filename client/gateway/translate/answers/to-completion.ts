// A message of Anthropic, as a chat completion of OpenAI.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { type Fields, isObject } from '../fields.ts';
import { makeCompletion } from './make-completion.ts';
import { readMessageUsage } from './usage.ts';

const finishReasons: ReadonlyMap<Json | undefined, 'tool_calls' | 'length' | 'content_filter'> = new Map([
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  // It is not whole, and the other form has no way to continue it.
  ['pause_turn', 'length'],
  ['refusal', 'content_filter'],
]);

/** A message does not say when it was made. */
export function toCompletion(message: Fields): Json {
  const blocks = Array.isArray(message.content) ? message.content.filter(isObject) : [];
  return makeCompletion({
    id: message.id ?? '',
    created: 0,
    model: message.model ?? '',
    texts: blocks.flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : [])),
    calls: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, name, input }) => ({ id: id ?? '', name: name ?? '', input: input ?? {} })),
    finish: finishReasons.get(message.stop_reason) ?? 'stop',
    refusal: message.stop_reason === 'refusal' ? explain(message.stop_details) : null,
    usage: readMessageUsage(message.usage),
  });
}

const explain = (details: Json | undefined): string | null =>
  isObject(details) && typeof details.explanation === 'string' ? details.explanation : null;
