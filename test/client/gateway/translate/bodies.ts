// Requests and answers as the vendors document them, typed by their own SDKs.

import type { Message, MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { translateRequest } from '../../../../client/gateway/translate/translate.ts';
import type { Json } from '../../../../domain/outcome/outcome.ts';

/** The least that each form takes. */
export const shortChat = { model: 'm', max_completion_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] };
export const shortMessages = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] };

export const toMessages = (more: Record<string, Json>) =>
  translateRequest({ ...shortChat, ...more }, 'openai', 'anthropic');
export const toChat = (more: Record<string, Json>) =>
  translateRequest({ ...shortMessages, ...more }, 'anthropic', 'openai');

export const user = (...content: Json[]): Record<string, Json> => ({ messages: [{ role: 'user', content }] });
export const pdfOf = (filename: string): Json => ({ filename, file_data: 'data:application/pdf;base64,JVBERi0=' });

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};

export const chatRequest = {
  model: 'gpt-5.4-mini',
  messages: [
    { role: 'developer', content: 'Answer in one line.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Weather at the place of these?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'auto' } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.jpg' } },
        { type: 'file', file: { filename: 'trip.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
        { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: '18 degrees' },
    { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: '24 degrees' }] },
    { role: 'system', content: 'From now on in French.' },
    { role: 'user', content: 'Which is warmer?' },
  ],
  max_completion_tokens: 500,
  temperature: 0.5,
  top_p: 0.9,
  stop: 'END',
  n: 1,
  frequency_penalty: 0,
  logprobs: false,
  tools: [
    { type: 'function', function: { name: 'weather', description: 'Of a city', parameters: schema, strict: true } },
    { type: 'function', function: { name: 'now' } },
  ],
  tool_choice: 'required',
  parallel_tool_calls: false,
  response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema } },
  reasoning_effort: 'high',
  user: 'user-7',
} satisfies ChatCompletionCreateParamsNonStreaming;

export const messagesRequest = {
  model: 'claude-sonnet-5-5',
  max_tokens: 500,
  system: 'Answer in one line.',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Weather at the place of these?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.jpg' } },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
          title: 'trip.pdf',
        },
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
      ],
    },
    { role: 'system', content: 'From now on in French.' },
    { role: 'user', content: 'Which is warmer?' },
  ],
  stop_sequences: ['END'],
  tools: [
    { name: 'weather', description: 'Of a city', input_schema: schema as { type: 'object' }, strict: true },
    { name: 'now', input_schema: { type: 'object', properties: {} } },
  ],
  tool_choice: { type: 'any', disable_parallel_tool_use: true },
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high', format: { type: 'json_schema', schema } },
  metadata: { user_id: 'user-7' },
} satisfies MessageCreateParamsNonStreaming;

export const message = {
  id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5',
  container: null,
  diagnostics: null,
  content: [
    { type: 'thinking', thinking: 'Rome, I think', signature: 'c2ln' },
    { type: 'text', text: 'Rome ', citations: null },
    { type: 'text', text: 'is.', citations: null },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' }, caller: { type: 'direct' } },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  stop_details: null,
  usage: {
    input_tokens: 100,
    cache_read_input_tokens: 40,
    cache_creation_input_tokens: 10,
    cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 0 },
    output_tokens: 30,
    output_tokens_details: { thinking_tokens: 12 },
    inference_geo: null,
    server_tool_use: null,
    service_tier: 'batch',
    speed: null,
  },
} satisfies Message;

export const completion = {
  id: 'chatcmpl-9x',
  object: 'chat.completion',
  created: 1_760_000_000,
  model: 'gpt-5.4-mini-2026-03-17',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'Rome is.',
        refusal: null,
        tool_calls: [{ id: 'call_3', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    },
  ],
  usage: {
    prompt_tokens: 150,
    completion_tokens: 30,
    total_tokens: 180,
    prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
    completion_tokens_details: { reasoning_tokens: 12 },
  },
  service_tier: 'default',
} satisfies ChatCompletion;
