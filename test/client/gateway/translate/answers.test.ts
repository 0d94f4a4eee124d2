// An answer of one vendor, in the form of the other.

import { expect, test } from 'vitest';
import { translateAnswer } from '../../../../client/gateway/translate/translate.ts';
import type { Json } from '../../../../domain/outcome/outcome.ts';
import { completion, message } from './bodies.ts';

const usage = completion.usage;

test('a message becomes a chat completion', () => {
  const { id, model } = message;
  expect(translateAnswer(message, 'anthropic', 'openai')).toEqual({
    id,
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Rome is.',
          refusal: null,
          tool_calls: [
            { id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
          ],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
    usage,
  });
});

test('a chat completion becomes a message', () => {
  const { id, model } = completion;
  const { cache_creation: _, ...counts } = message.usage;
  expect(translateAnswer(completion, 'openai', 'anthropic')).toEqual({
    ...message,
    id,
    model,
    content: [
      { type: 'text', text: 'Rome is.', citations: null },
      { type: 'tool_use', id: 'call_3', name: 'weather', input: { city: 'Rome' }, caller: { type: 'direct' } },
    ],
    usage: { ...counts, cache_creation: null, service_tier: null },
  });
});

test.for([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['pause_turn', 'length'],
  ['refusal', 'content_filter'],
  ['constructor', 'stop'],
  [null, 'stop'],
])('a message that stops with %s ends with %s', ([stop, finish]) => {
  const answer = translateAnswer({ ...message, stop_reason: stop ?? null }, 'anthropic', 'openai');
  expect(answer).toMatchObject({ choices: [{ finish_reason: finish }] });
});

const finishing = (finish: string, changes: Record<string, Json> = {}): Json => ({
  ...completion,
  choices: [
    { index: 0, message: { role: 'assistant', content: 'x', refusal: null, ...changes }, finish_reason: finish },
  ],
});

test.for([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['content_filter', 'refusal'],
  ['constructor', 'end_turn'],
])('a completion that ends with %s stops with %s', ([finish, stop]) => {
  expect(translateAnswer(finishing(finish ?? ''), 'openai', 'anthropic')).toMatchObject({ stop_reason: stop });
});

test('a call that the request named ends with stop, and is still a call', () => {
  const [choice] = completion.choices;
  const stopped = { ...completion, choices: [{ ...choice, finish_reason: 'stop' }] };
  expect(translateAnswer(stopped as Json, 'openai', 'anthropic')).toMatchObject({ stop_reason: 'tool_use' });
});

test('a refusal stays one, with its words', () => {
  const explanation = 'I cannot help with that.';
  expect(
    translateAnswer(finishing('stop', { content: null, refusal: explanation }), 'openai', 'anthropic'),
  ).toMatchObject({
    stop_reason: 'refusal',
    stop_details: { type: 'refusal', category: null, explanation },
    content: [],
  });
  const refused = { ...message, content: [], stop_reason: 'refusal', stop_details: { type: 'refusal', explanation } };
  expect(translateAnswer(refused, 'anthropic', 'openai')).toMatchObject({
    choices: [{ message: { content: null, refusal: explanation }, finish_reason: 'content_filter' }],
  });
});

test('arguments that were cut stay as they are', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a": [1,' } };
  const answer = translateAnswer(finishing('length', { tool_calls: [call] }), 'openai', 'anthropic');
  expect(answer).toMatchObject({ stop_reason: 'max_tokens', content: [{}, { type: 'tool_use', input: '{"a": [1,' }] });
  expect(translateAnswer(answer, 'anthropic', 'openai')).toMatchObject({
    choices: [{ message: { tool_calls: [{ function: { arguments: '{"a": [1,' } }] } }],
  });
});

test('tokens that are not known stay unknown, and are not below zero', () => {
  const bare = { ...completion, usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } };
  expect(translateAnswer(bare, 'openai', 'anthropic')).toMatchObject({
    usage: { input_tokens: 5, cache_read_input_tokens: null, output_tokens: 1, output_tokens_details: null },
  });
  const odd = { ...bare, usage: { ...bare.usage, prompt_tokens_details: { cached_tokens: 9 } } };
  expect(translateAnswer(odd, 'openai', 'anthropic')).toMatchObject({ usage: { input_tokens: 0 } });
  expect(translateAnswer({ ...message, usage: null }, 'anthropic', 'openai')).not.toHaveProperty('usage');
});

test('reasoning that a vendor counts next to the output is part of it', () => {
  const outside = { ...usage, total_tokens: 192 };
  expect(translateAnswer({ ...completion, usage: outside }, 'openai', 'anthropic')).toMatchObject({
    usage: { output_tokens: 42, output_tokens_details: { thinking_tokens: 12 } },
  });
});

test.for<Json>([null, 'text', [], { error: { message: 'x' } }, { type: 'error' }, {}])(
  '%j does not change: it is not an answer',
  (response) => {
    expect(translateAnswer(response, 'openai', 'anthropic')).toEqual(response);
    expect(translateAnswer(response, 'anthropic', 'openai')).toEqual(response);
  },
);

test.for<Json>([
  { type: 'message' },
  { type: 'message', content: 'text', usage: { input_tokens: null } },
  { type: 'message', content: [null, 1, { type: 'text' }, { type: 'tool_use' }] },
])('a message with a broken form gives an answer all the same: %j', (broken) => {
  expect(translateAnswer(broken, 'anthropic', 'openai')).toMatchObject({ object: 'chat.completion' });
});

test.for<Json>([
  { choices: [] },
  { choices: [null] },
  { choices: [{ message: { content: [{ text: 'a' }, null], tool_calls: [null, {}] } }], usage: 3 },
])('a completion with a broken form gives an answer all the same: %j', (broken) => {
  expect(translateAnswer(broken, 'openai', 'anthropic')).toMatchObject({ type: 'message' });
});
