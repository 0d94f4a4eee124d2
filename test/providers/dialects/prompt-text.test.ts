// What a model reads of a request, for a count of its tokens, and of which requests nothing is said.

import { describe, expect, test } from 'vitest';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { readPromptText } from '../../../providers/dialects/openai/prompt-text.ts';

const chat = '/v1/chat/completions';
const body = { model: 'x', messages: [{ role: 'user', content: 'hello' }] };

describe('the tokenizer', () => {
  test.for([
    ['gpt-4o', 'o200k_base'],
    ['gpt-4o-mini-2024-07-18', 'o200k_base'],
    ['gpt-4.1-nano', 'o200k_base'],
    ['gpt-5.4-mini', 'o200k_base'],
    ['o3', 'o200k_base'],
    ['ft:gpt-4o-mini:team::abc', 'o200k_base'],
    ['maker/gpt-4o', 'o200k_base'],
    ['gpt-4-turbo', 'cl100k_base'],
    ['gpt-3.5-turbo', 'cl100k_base'],
    ['gpt-6-sol', null],
    ['gpt-50', null],
    ['gpt-oss-120b', null],
    ['claude-sonnet-5', null],
    ['my-deployment', null],
  ] as const)('of %s', ([model, encoding]) => {
    expect(readPromptText(model, body, chat)?.encoding ?? null).toBe(encoding);
  });
});

const read = (request: Json, endpoint = chat) => readPromptText('gpt-4o', request, endpoint);

test('messages have their texts, their tools and schema, and tokens around each', () => {
  const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }];
  const parts = [
    { type: 'text', text: 'b' },
    { type: 'text', text: 'c' },
  ];
  const messages = [
    { role: 'system', content: 'a' },
    { role: 'user', content: parts },
  ];
  expect(read({ messages, tools })).toEqual({
    encoding: 'o200k_base',
    texts: ['a', 'b', 'c', JSON.stringify(tools)],
    formTokens: 11,
  });
});

test('the responses endpoint has instructions, and an input that is a text or messages', () => {
  const endpoint = '/v1/responses';
  expect(read({ instructions: 'a', input: 'b' }, endpoint)).toMatchObject({ texts: ['a', 'b'], formTokens: 11 });
  const input = [{ role: 'user', content: [{ type: 'input_text', text: 'b' }] }];
  expect(read({ input }, endpoint)).toMatchObject({ texts: ['b'], formTokens: 7 });
  expect(read({ input, previous_response_id: 'r' }, endpoint)).toBeNull();
});

test('embeddings have their inputs and nothing around them', () => {
  expect(readPromptText('text-embedding-3-small', { input: ['a', 'b'] }, '/v1/embeddings')).toEqual({
    encoding: 'cl100k_base',
    texts: ['a', 'b'],
    formTokens: 0,
  });
  expect(readPromptText('text-embedding-3-small', { input: [1, 2] }, '/v1/embeddings')).toBeNull();
});

test('of requests with more than text, and of other endpoints, nothing is said', () => {
  for (const part of [
    { type: 'image_url', image_url: { url: 'https://x' } },
    { type: 'input_audio' },
    { type: 'file' },
  ]) {
    expect(read({ messages: [{ role: 'user', content: [part] }] })).toBeNull();
  }
  expect(read({ prompt: 'a cat' }, '/v1/images/generations')).toBeNull();
  expect(read('text')).toBeNull();
});
