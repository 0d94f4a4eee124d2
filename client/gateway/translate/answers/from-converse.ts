// An answer of Bedrock's Converse API, as a chat completion of OpenAI.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { type Fields, isObject } from '../fields.ts';
import { makeCompletion } from './make-completion.ts';
import type { Counts } from './usage.ts';

/** The answer does not name its model. Null if it is something else, such as an error. */
export function fromConverse({ output, stopReason, usage }: Fields, model: string | null): Json | null {
  if (!isObject(output)) return null;
  const message = isObject(output.message) ? output.message : {};
  const blocks = Array.isArray(message.content) ? message.content.filter(isObject) : [];
  const calls = blocks.flatMap(({ toolUse: call }) => (isObject(call) ? [call] : []));
  return makeCompletion({
    id: '',
    created: 0,
    model,
    texts: blocks.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])),
    calls: calls.map(({ toolUseId: id, name, input }) => ({ id: id ?? '', name: name ?? '', input: input ?? {} })),
    finish: finishes.get(stopReason) ?? 'stop',
    refusal: null,
    usage: isObject(usage) ? toUsage(usage) : null,
  });
}

const finishes: ReadonlyMap<Json | undefined, 'tool_calls' | 'length' | 'content_filter'> = new Map([
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['content_filtered', 'content_filter'],
  ['guardrail_intervened', 'content_filter'],
]);

/** What was read from or written to the cache is outside the input. Thoughts are not counted apart. */
function toUsage(usage: Fields): Counts {
  const [cached, written] = [toCount(usage.cacheReadInputTokens), toCount(usage.cacheWriteInputTokens)];
  return {
    input: toCount(usage.inputTokens) + cached + written,
    output: toCount(usage.outputTokens),
    cached,
    written,
    reasoning: 0,
  };
}

const toCount = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);
