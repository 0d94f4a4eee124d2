// What the vendors that have no front have no place for is refused, and the field is named as the caller has written it.

import { expect, test } from 'vitest';
import {
  type FrontDialect,
  type TargetDialect,
  translateRequest,
} from '../../../../client/gateway/translate/translate.ts';
import type { Json } from '../../../../domain/outcome/outcome.ts';
import { pdfOf, user } from './bodies.ts';

const shortChat = { model: 'gemini-2.5-flash', messages: [{ role: 'user', content: 'Hi' }] };
const translate = (body: Record<string, Json>, from: FrontDialect, to: TargetDialect) =>
  translateRequest(body, from, to);
const image = (url: string): Json => ({ type: 'image_url', image_url: { url } });
const tool = (more: Record<string, Json>): Record<string, Json> => ({
  tools: [{ type: 'function', function: { name: 'f', ...more } }],
});

test.for<[TargetDialect, string, Record<string, Json>]>([
  ['gemini', 'reasoning_effort', { reasoning_effort: 'low' }],
  ['gemini', 'parallel_tool_calls', { parallel_tool_calls: false }],
  ['gemini', 'user', { user: 'u' }],
  ['gemini', 'n', { n: 2 }],
  ['gemini', 'stop', { stop: ['a', 'b', 'c', 'd', 'e', 'f'] }],
  ['gemini', 'tools.0.function.strict', tool({ strict: true })],
  ['gemini', 'messages.0.content.0.image_url.url', user(image('https://example.com/a.png'))],
  ['gemini', 'messages.0.content.0.image_url.url', user(image('data:image/gif;base64,R0lG'))],
  ['gemini', 'messages.0.content.0.file.filename', user({ type: 'file', file: pdfOf('trip.pdf') })],
  ['gemini', 'messages.1.role', { messages: [...shortChat.messages, { role: 'system', content: 'x' }] }],
  ['gemini', 'messages.0.tool_call_id', { messages: [{ role: 'tool', tool_call_id: 'c', content: 'x' }] }],
  [
    'gemini',
    'response_format.json_schema.description',
    { response_format: { type: 'json_schema', json_schema: { name: 'n', description: 'd', schema: {} } } },
  ],
  ['bedrock', 'seed', { seed: 1 }],
  ['bedrock', 'temperature', { temperature: 1.5 }],
  ['bedrock', 'tool_choice', { ...tool({}), tool_choice: 'none' }],
  ['bedrock', 'response_format.type', { response_format: { type: 'json_object' } }],
  ['bedrock', 'messages.0.content.0.image_url.url', user(image('https://example.com/a.png'))],
  ['bedrock', 'messages.0.content.0.file.filename', user({ type: 'file', file: pdfOf('a_b.pdf') })],
  ['vertex', 'max_completion_tokens', {}],
])('for %s, %s of a chat request is refused', ([to, field, more]) => {
  expect(translate({ ...shortChat, ...more }, 'openai', to)).toEqual({ ok: false, field, message: expect.any(String) });
});

const shortMessages = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] };
const gif = { type: 'image', source: { type: 'base64', media_type: 'image/gif', data: 'R0lG' } };
const result = (id: string): Json => ({ type: 'tool_result', tool_use_id: id, content: 'x' });
const text = { type: 'text', text: 'x' };

test.for<[TargetDialect, string, Record<string, Json>]>([
  ['gemini', 'thinking', { thinking: { type: 'disabled' } }],
  ['gemini', 'metadata.user_id', { metadata: { user_id: 'u' } }],
  ['gemini', 'top_k', { top_k: 3 }],
  [
    'gemini',
    'tool_choice.disable_parallel_tool_use',
    { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
  ],
  ['gemini', 'tools.0.strict', { tools: [{ name: 'f', input_schema: { type: 'object' }, strict: true }] }],
  ['gemini', 'messages.0.content.1', { system: 'x', ...user(text, gif) }],
  [
    'gemini',
    'messages.1.content.1',
    {
      messages: [
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
        { role: 'user', content: [result('a'), result('b')] },
      ],
    },
  ],
  ['gemini', 'messages.1.role', { messages: [...shortMessages.messages, { role: 'system', content: 'x' }] }],
  ['bedrock', 'temperature', { temperature: 1.5 }],
  ['bedrock', 'tool_choice', { tool_choice: { type: 'none' } }],
  [
    'bedrock',
    'messages.2.content.2',
    {
      system: [text],
      messages: [
        ...shortMessages.messages,
        { role: 'assistant', content: [text, { type: 'tool_use', id: 'a', name: 'f', input: {} }] },
        { role: 'user', content: [result('a'), text, { type: 'image', source: { type: 'url', url: 'https://a/b' } }] },
      ],
    },
  ],
  [
    'bedrock',
    'messages.1.content.1',
    {
      messages: [
        ...shortMessages.messages,
        { role: 'assistant', content: [text, { type: 'tool_use', id: 'a b', name: 'f', input: {} }] },
        { role: 'user', content: [result('a')] },
      ],
    },
  ],
])('for %s, %s of a message request is refused', ([to, field, more]) => {
  expect(translate({ ...shortMessages, ...more }, 'anthropic', to)).toEqual({
    ok: false,
    field,
    message: expect.any(String),
  });
});
