// Requests in the forms of the vendors that have no front: Gemini, also on Vertex AI, Bedrock's Converse, and Anthropic's models on Vertex AI.

import { expect, test } from 'vitest';
import {
  type FrontDialect,
  type TargetDialect,
  translateRequest,
} from '../../../../client/gateway/translate/translate.ts';
import type { Json } from '../../../../domain/outcome/outcome.ts';
import { pdfOf } from './bodies.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const callOf = (id: string, city: string): Json => ({
  id,
  type: 'function',
  function: { name: 'weather', arguments: JSON.stringify({ city }) },
});

/** All that has a place in every form. */
const chat = {
  model: 'gemini-2.5-flash',
  messages: [
    { role: 'developer', content: 'Answer in one line.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Weather at the place of these?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'auto' } },
        { type: 'file', file: pdfOf('document.pdf') },
      ],
    },
    { role: 'assistant', content: null, tool_calls: [callOf('call_1', 'Paris'), callOf('call_2', 'Rome')] },
    { role: 'tool', tool_call_id: 'call_1', content: '18 degrees' },
    { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: '24 degrees' }] },
    { role: 'user', content: 'Which is warmer?' },
  ],
  max_completion_tokens: 500,
  temperature: 0.5,
  top_p: 0.9,
  stop: 'END',
  n: 1,
  parallel_tool_calls: true,
  tools: [
    { type: 'function', function: { name: 'weather', description: 'Of a city', parameters: schema, strict: false } },
    { type: 'function', function: { name: 'now' } },
  ],
  tool_choice: { type: 'function', function: { name: 'weather' } },
  response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema } },
};

const messages = {
  model: 'gemini-2.5-flash',
  max_tokens: 500,
  system: 'Answer in one line.',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Weather at the place of these?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
        { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Paris' } },
        { type: 'tool_use', id: 'call_2', name: 'weather', input: { city: 'Rome' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'call_1', content: '18 degrees' },
        { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: '24 degrees' }] },
        { type: 'text', text: 'Which is warmer?' },
      ],
    },
  ],
  temperature: 0.5,
  top_p: 0.9,
  stop_sequences: ['END'],
  tools: [
    { name: 'weather', description: 'Of a city', input_schema: schema, strict: false },
    { name: 'now', input_schema: { type: 'object', properties: {} } },
  ],
  tool_choice: { type: 'tool', name: 'weather' },
  output_config: { format: { type: 'json_schema', schema } },
};

const callParts: readonly object[] = [
  { functionCall: { id: 'call_1', name: 'weather', args: { city: 'Paris' } } },
  { functionCall: { id: 'call_2', name: 'weather', args: { city: 'Rome' } } },
];
const geminiWith = (calls: readonly object[]) => ({
  systemInstruction: { parts: [{ text: 'Answer in one line.' }] },
  contents: [
    {
      role: 'user',
      parts: [
        { text: 'Weather at the place of these?' },
        { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
        { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
      ],
    },
    { role: 'model', parts: calls },
    {
      role: 'user',
      parts: [
        { functionResponse: { id: 'call_1', name: 'weather', response: { output: '18 degrees' } } },
        { functionResponse: { id: 'call_2', name: 'weather', response: { output: '24 degrees' } } },
        { text: 'Which is warmer?' },
      ],
    },
  ],
  tools: [
    {
      functionDeclarations: [
        { name: 'weather', description: 'Of a city', parametersJsonSchema: schema },
        { name: 'now' },
      ],
    },
  ],
  toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } },
  generationConfig: {
    maxOutputTokens: 500,
    temperature: 0.5,
    topP: 0.9,
    stopSequences: ['END'],
    responseMimeType: 'application/json',
    responseJsonSchema: schema,
  },
});

const converseWith = (label: string) => ({
  system: [{ text: 'Answer in one line.' }],
  messages: [
    {
      role: 'user',
      content: [
        { text: 'Weather at the place of these?' },
        { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } },
        { document: { format: 'pdf', name: 'document 1-2', source: { bytes: 'JVBERi0=' } } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { toolUse: { toolUseId: 'call_1', name: 'weather', input: { city: 'Paris' } } },
        { toolUse: { toolUseId: 'call_2', name: 'weather', input: { city: 'Rome' } } },
      ],
    },
    {
      role: 'user',
      content: [
        { toolResult: { toolUseId: 'call_1', content: [{ text: '18 degrees' }] } },
        { toolResult: { toolUseId: 'call_2', content: [{ text: '24 degrees' }] } },
        { text: 'Which is warmer?' },
      ],
    },
  ],
  inferenceConfig: { maxTokens: 500, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
  toolConfig: {
    tools: [
      { toolSpec: { name: 'weather', description: 'Of a city', inputSchema: { json: schema }, strict: false } },
      { toolSpec: { name: 'now', inputSchema: { json: { type: 'object', properties: {} } } } },
    ],
    toolChoice: { tool: { name: 'weather' } },
  },
  outputConfig: {
    textFormat: {
      type: 'json_schema',
      structure: { jsonSchema: { name: label, schema: JSON.stringify(schema) } },
    },
  },
});

const translate = (body: unknown, from: FrontDialect, to: TargetDialect) =>
  translateRequest(JSON.parse(JSON.stringify(body)), from, to);

test('a chat request becomes one of each vendor', () => {
  expect(translate(chat, 'openai', 'gemini')).toEqual({ ok: true, body: geminiWith(callParts) });
  expect(translate(chat, 'openai', 'bedrock')).toEqual({ ok: true, body: converseWith('place') });
});

test('Gemini is told that calls come from elsewhere, since its third generation', () => {
  const [first, second] = callParts;
  const marked = { ...first, thoughtSignature: 'skip_thought_signature_validator' };
  expect(translate({ ...chat, model: 'gemini-3-flash' }, 'openai', 'gemini')).toEqual({
    ok: true,
    body: geminiWith([marked, Object(second)]),
  });
});

test('a message request becomes one of each vendor', () => {
  const { model: _, ...withoutModel } = messages;
  expect(translate(messages, 'anthropic', 'gemini')).toEqual({ ok: true, body: geminiWith(callParts) });
  expect(translate(messages, 'anthropic', 'bedrock')).toEqual({ ok: true, body: converseWith('answer') });
  expect(translate(messages, 'anthropic', 'vertex')).toEqual({
    ok: true,
    body: { anthropic_version: 'vertex-2023-10-16', ...withoutModel },
  });
});

const shortChat = { model: 'gemini-2.5-flash', messages: [{ role: 'user', content: 'Hi' }] };

test('a short request stays short', () => {
  expect(translate(shortChat, 'openai', 'gemini')).toEqual({
    ok: true,
    body: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
  });
  expect(translate(shortChat, 'openai', 'bedrock')).toEqual({
    ok: true,
    body: { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] },
  });
  expect(translate({ ...shortChat, max_tokens: 9 }, 'openai', 'vertex')).toEqual({
    ok: true,
    body: { anthropic_version: 'vertex-2023-10-16', max_tokens: 9, messages: shortChat.messages },
  });
  const json = { response_format: { type: 'json_object' }, seed: 7, stop: ['\n'] };
  expect(translate({ ...shortChat, ...json }, 'openai', 'gemini')).toMatchObject({
    body: { generationConfig: { responseMimeType: 'application/json', seed: 7, stopSequences: ['\n'] } },
  });
});
