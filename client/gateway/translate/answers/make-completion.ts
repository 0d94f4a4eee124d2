// A chat completion of OpenAI, from what an answer of another vendor says.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { type Counts, toChatCounts } from './usage.ts';

interface Said {
  readonly id: Json;
  /** In seconds; 0 if the answer does not say when it was made. */
  readonly created: number;
  readonly model: Json;
  readonly texts: readonly string[];
  readonly calls: readonly { readonly id: Json; readonly name: Json; readonly input: Json }[];
  readonly finish: 'stop' | 'tool_calls' | 'length' | 'content_filter';
  readonly refusal: string | null;
  /** Null if there are no counts: not known is not zero. */
  readonly usage: Counts | null;
}

/** What a model thought has no place in it. */
export function makeCompletion({ id, created, model, texts, calls, finish, refusal, usage }: Said): Json {
  return {
    id,
    object: 'chat.completion',
    created,
    model: model ?? '',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: texts.length === 0 ? null : texts.join(''),
          refusal,
          ...(calls.length === 0 ? {} : { tool_calls: calls.map(toToolCall) }),
        },
        logprobs: null,
        finish_reason: finish,
      },
    ],
    ...(usage === null ? {} : { usage: toChatCounts(usage) }),
  };
}

const toToolCall = ({ id, name, input }: Said['calls'][number]): Json => ({
  id,
  type: 'function',
  function: { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) },
});
