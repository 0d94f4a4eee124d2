// A message of Anthropic, as a chat completion of OpenAI.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { type Fields, isObject } from '../fields.ts';
import { toChatUsage } from './usage.ts';

/** A message does not say when it was made. */
const unknownTime = 0;

const finishReasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  // It is not whole, and the other form has no way to continue it.
  pause_turn: 'length',
  refusal: 'content_filter',
};

/** What a model thought is left out: a chat completion has no place for it. */
export function toCompletion(message: Fields): Json {
  const blocks = Array.isArray(message.content) ? message.content.filter(isObject) : [];
  const texts = blocks.flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : []));
  const calls = blocks.filter(({ type }) => type === 'tool_use').map(toToolCall);
  const reason = typeof message.stop_reason === 'string' ? message.stop_reason : 'end_turn';
  const usage = toChatUsage(message.usage);
  return {
    id: message.id ?? '',
    object: 'chat.completion',
    created: unknownTime,
    model: message.model ?? '',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: texts.length === 0 ? null : texts.join(''),
          refusal: reason === 'refusal' ? explain(message.stop_details) : null,
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: Object.hasOwn(finishReasons, reason) ? (finishReasons[reason] ?? 'stop') : 'stop',
      },
    ],
    ...(usage === null ? {} : { usage }),
  };
}

const explain = (details: Json | undefined): string | null =>
  isObject(details) && typeof details.explanation === 'string' ? details.explanation : null;

const toToolCall = ({ id, name, input }: Fields): Json => ({
  id: id ?? '',
  type: 'function',
  function: { name: name ?? '', arguments: typeof input === 'string' ? input : JSON.stringify(input ?? {}) },
});
