// A chat completion of OpenAI, as a message of Anthropic.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { type Fields, isObject } from '../fields.ts';
import { toMessageUsage } from './usage.ts';

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  model_length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

/** Only the first choice: a request for several is refused. */
export function toMessage(completion: Fields): Json {
  const choice = Array.isArray(completion.choices) ? completion.choices[0] : null;
  const { message: given, finish_reason: finish } = isObject(choice) ? choice : {};
  const message = isObject(given) ? given : {};
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isObject).map(toToolUse) : [];
  const refusal = typeof message.refusal === 'string' && message.refusal !== '' ? message.refusal : null;
  const reason = refusal === null ? toStopReason(finish, calls.length > 0) : 'refusal';
  const text = joinText(message.content);
  return {
    id: completion.id ?? '',
    type: 'message',
    role: 'assistant',
    model: completion.model ?? '',
    content: [...(text === '' ? [] : [{ type: 'text', text, citations: null }]), ...calls],
    stop_reason: reason,
    stop_sequence: null,
    stop_details: reason === 'refusal' ? { type: 'refusal', category: null, explanation: refusal } : null,
    container: null,
    diagnostics: null,
    usage: toMessageUsage(completion.usage),
  };
}

/** If a request names the function to call, the answer ends with `stop`. */
function toStopReason(finish: Json | undefined, hasCalls: boolean): string {
  const known = typeof finish === 'string' && Object.hasOwn(stopReasons, finish) ? stopReasons[finish] : undefined;
  const reason = known ?? 'end_turn';
  return reason === 'end_turn' && hasCalls ? 'tool_use' : reason;
}

/** A text, or a list of parts. */
function joinText(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.flatMap((part) => (isObject(part) && typeof part.text === 'string' ? [part.text] : [])).join('');
}

function toToolUse(call: Fields): Json {
  const called = isObject(call.function) ? call.function : {};
  return {
    type: 'tool_use',
    id: call.id ?? '',
    name: called.name ?? '',
    input: parseInput(called.arguments),
    caller: { type: 'direct' },
  };
}

/** Arguments that were cut cannot be parsed: they stay the text that they are, because somebody paid for it. */
function parseInput(text: Json | undefined): Json {
  if (typeof text !== 'string') return text ?? {};
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return text;
  }
}
