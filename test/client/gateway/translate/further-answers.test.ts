// Answers of the vendors that have no front, in the forms of those that have one.

import { expect, test } from 'vitest';
import { type TargetDialect, translateAnswer } from '../../../../client/gateway/translate/translate.ts';
import type { Json } from '../../../../domain/outcome/outcome.ts';
import { message } from './bodies.ts';

const geminiAnswer = {
  candidates: [
    {
      content: {
        role: 'model',
        parts: [
          { text: 'Rome, I think', thought: true },
          { text: 'Rome ' },
          { text: 'is.', thoughtSignature: 'c2ln' },
          { functionCall: { name: 'weather', args: { city: 'Rome' } } },
        ],
      },
      finishReason: 'STOP',
      index: 0,
    },
  ],
  usageMetadata: {
    promptTokenCount: 150,
    cachedContentTokenCount: 40,
    candidatesTokenCount: 18,
    thoughtsTokenCount: '12',
    totalTokenCount: 180,
  },
  modelVersion: 'gemini-2.5-flash',
  createTime: '2026-11-27T10:00:00.5Z',
  responseId: 'r-1',
};
const converseAnswer = {
  output: {
    message: {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'Rome, I think', signature: 's' } } },
        { text: 'Rome is.' },
        { toolUse: { toolUseId: 'tooluse_1', name: 'weather', input: { city: 'Rome' } } },
      ],
    },
  },
  stopReason: 'tool_use',
  usage: {
    inputTokens: 100,
    outputTokens: 30,
    totalTokens: 180,
    cacheReadInputTokens: 40,
    cacheWriteInputTokens: 10,
  },
  metrics: { latencyMs: 9 },
};

const completionOf = (id: string, created: number, model: string, callId: string, [written, reasoning]: number[]) => ({
  id,
  object: 'chat.completion',
  created,
  model,
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'Rome is.',
        refusal: null,
        tool_calls: [{ id: callId, type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    },
  ],
  usage: {
    prompt_tokens: 150,
    completion_tokens: 30,
    total_tokens: 180,
    prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: written },
    completion_tokens_details: { reasoning_tokens: reasoning },
  },
});

test('an answer of each vendor becomes a chat completion', () => {
  expect(translateAnswer(geminiAnswer, 'gemini', 'openai')).toEqual(
    completionOf('r-1', 1_795_773_600, 'gemini-2.5-flash', 'call_r-1_0', [0, 12]),
  );
  expect(translateAnswer(converseAnswer, 'bedrock', 'openai', 'amazon.nova-lite-v1:0')).toEqual(
    completionOf('', 0, 'amazon.nova-lite-v1:0', 'tooluse_1', [10, 0]),
  );
  expect(translateAnswer(message, 'vertex', 'openai')).toEqual(translateAnswer(message, 'anthropic', 'openai'));
});

test('an answer of each vendor becomes a message', () => {
  const content = (id: string) => [
    { type: 'text', text: 'Rome is.' },
    { type: 'tool_use', id, name: 'weather', input: { city: 'Rome' } },
  ];
  const counts = { cache_read_input_tokens: 40, output_tokens: 30 };
  expect(translateAnswer(geminiAnswer, 'gemini', 'anthropic')).toMatchObject({
    type: 'message',
    model: 'gemini-2.5-flash',
    content: content('call_r-1_0'),
    stop_reason: 'tool_use',
    usage: { ...counts, input_tokens: 110, output_tokens_details: { thinking_tokens: 12 } },
  });
  expect(translateAnswer(converseAnswer, 'bedrock', 'anthropic', 'm')).toMatchObject({
    type: 'message',
    model: 'm',
    content: content('tooluse_1'),
    stop_reason: 'tool_use',
    usage: { ...counts, input_tokens: 100, cache_creation_input_tokens: 10 },
  });
  expect(translateAnswer(message, 'vertex', 'anthropic')).toBe(message);
});

const cut = (finishReason: string): Json => ({ candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason }] });
const stopped = (stopReason: string): Json => ({ output: { message: { content: [{ text: 'x' }] } }, stopReason });

test.for<[Json, TargetDialect, string]>([
  [cut('STOP'), 'gemini', 'stop'],
  [cut('MAX_TOKENS'), 'gemini', 'length'],
  [cut('SAFETY'), 'gemini', 'content_filter'],
  [cut('MALFORMED_FUNCTION_CALL'), 'gemini', 'stop'],
  [{ promptFeedback: { blockReason: 'SAFETY' } }, 'gemini', 'content_filter'],
  [stopped('end_turn'), 'bedrock', 'stop'],
  [stopped('max_tokens'), 'bedrock', 'length'],
  [stopped('guardrail_intervened'), 'bedrock', 'content_filter'],
])('%j of %s ends with %s', ([answer, from, finish]) => {
  expect(translateAnswer(answer, from, 'openai')).toMatchObject({ choices: [{ finish_reason: finish }] });
  expect(translateAnswer(answer, from, 'openai')).not.toHaveProperty('usage');
});

test.for<Json>([null, 'text', { error: { code: 400 } }, {}])('%j does not change: it is not an answer', (response) => {
  for (const from of ['gemini', 'bedrock', 'vertex'] as const) {
    expect(translateAnswer(response, from, 'openai')).toEqual(response);
    expect(translateAnswer(response, from, 'anthropic')).toEqual(response);
  }
});
