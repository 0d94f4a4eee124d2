// What the other form has no place for is refused, and the field is named.

import { expect, test } from 'vitest';
import type { Json } from '../../../../domain/outcome/outcome.ts';
import { toChat, toMessages, user } from './bodies.ts';

test.for<[string, Record<string, Json>]>([
  ['max_completion_tokens', { max_completion_tokens: null }],
  ['max_tokens', { max_tokens: 10 }],
  ['n', { n: 2 }],
  ['stream', { stream: true }],
  ['logprobs', { logprobs: true }],
  ['top_logprobs', { top_logprobs: 3 }],
  ['logit_bias', { logit_bias: { 50256: -100 } }],
  ['seed', { seed: 0 }],
  ['frequency_penalty', { frequency_penalty: 0.1 }],
  ['presence_penalty', { presence_penalty: -1 }],
  ['modalities', { modalities: ['text', 'audio'] }],
  ['audio', { audio: { voice: 'alloy', format: 'mp3' } }],
  ['prediction', { prediction: { type: 'content', content: 'x' } }],
  ['web_search_options', { web_search_options: {} }],
  ['functions', { functions: [] }],
  ['service_tier', { service_tier: 'flex' }],
  ['store', { store: true }],
  ['metadata', { metadata: { a: 'b' } }],
  ['verbosity', { verbosity: 'low' }],
  ['prompt_cache_key', { prompt_cache_key: 'k' }],
  ['__proto__', JSON.parse('{"__proto__": 1}')],
  ['constructor', { constructor: 1 }],
  ['temperature', { temperature: 1.01 }],
  ['temperature', { temperature: '0.5' }],
  ['stop', { stop: ['\n'] }],
  ['reasoning_effort', { reasoning_effort: 'minimal' }],
  ['response_format.type', { response_format: { type: 'json_object' } }],
  [
    'response_format.json_schema.description',
    { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, description: 'd' } } },
  ],
  ['user', { user: 'a', safety_identifier: 'b' }],
  ['tools.0.type', { tools: [{ type: 'custom', custom: { name: 'n' } }] }],
  [
    'tools.1.function.parameters.type',
    {
      tools: [
        { type: 'function', function: { name: 'n' } },
        { type: 'function', function: { name: 'n', parameters: { type: 'array' } } },
      ],
    },
  ],
  ['tool_choice', { tool_choice: { type: 'allowed_tools', allowed_tools: {} } }],
  ['messages', { messages: 'Hi' }],
  ['messages.0', { messages: ['Hi'] }],
  ['messages.0.role', { messages: [{ role: 'function', name: 'f', content: 'x' }] }],
  ['messages.0.name', { messages: [{ role: 'user', name: 'Ann', content: 'x' }] }],
  [
    'messages.1.role',
    {
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'y' },
      ],
    },
  ],
  [
    'messages.0.refusal',
    {
      messages: [
        { role: 'assistant', refusal: 'no' },
        { role: 'user', content: 'x' },
      ],
    },
  ],
  ['messages.0.content.0.type', user({ type: 'input_audio', input_audio: { data: '', format: 'wav' } })],
  [
    'messages.0.content.0.prompt_cache_breakpoint',
    user({ type: 'text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit' } }),
  ],
  [
    'messages.0.content.0.image_url.detail',
    user({ type: 'image_url', image_url: { url: 'https://a/b', detail: 'low' } }),
  ],
  [
    'messages.0.content.0.image_url.url',
    user({ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AA==' } }),
  ],
  ['messages.0.content.0.file.file_id', user({ type: 'file', file: { file_id: 'file-1' } })],
  ['messages.0.content.0.file.file_data', user({ type: 'file', file: { file_data: 'data:text/plain;base64,AA==' } })],
  [
    'messages.0.tool_calls.0.function.arguments',
    {
      messages: [
        { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":' } }] },
        { role: 'tool', tool_call_id: 'a', content: '' },
      ],
    },
  ],
  ['messages.0.tool_call_id', { messages: [{ role: 'tool', tool_call_id: 'é', content: '' }] }],
])('%s of a chat request is refused', ([field, more]) => {
  expect(toMessages(more)).toEqual({ ok: false, field, message: expect.any(String) });
});

test.for<[string, Record<string, Json>]>([
  ['max_tokens', { max_tokens: null }],
  ['top_k', { top_k: 5 }],
  ['cache_control', { cache_control: { type: 'ephemeral' } }],
  ['container', { container: 'c' }],
  ['mcp_servers', { mcp_servers: [] }],
  ['inference_geo', { inference_geo: 'us' }],
  ['service_tier', { service_tier: 'standard_only' }],
  ['speed', { speed: 'fast' }],
  ['stream', { stream: true }],
  ['stop_sequences', { stop_sequences: ['a', 'b', 'c', 'd', 'e'] }],
  ['metadata.other', { metadata: { other: 1 } }],
  ['thinking.type', { thinking: { type: 'enabled', budget_tokens: 2000 } }],
  ['thinking.display', { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } }],
  ['output_config.effort', { thinking: { type: 'adaptive' } }],
  ['output_config.effort', { output_config: { effort: 'low' } }],
  ['output_config.effort', { thinking: { type: 'disabled' }, output_config: { effort: 'low' } }],
  ['output_config.task_budget', { output_config: { task_budget: 1 } }],
  ['tools.0.type', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  [
    'tools.0.cache_control',
    { tools: [{ name: 'n', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } }] },
  ],
  ['tools.0.input_examples', { tools: [{ name: 'n', input_schema: { type: 'object' }, input_examples: [{}] }] }],
  ['tools.0.name', { tools: [{ name: 'n'.repeat(65), input_schema: { type: 'object' } }] }],
  ['tool_choice.name', { tool_choice: { type: 'auto', name: 'n' } }],
  [
    'system.0.cache_control',
    { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
  ],
  [
    'messages.1.role',
    {
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'The best answer is (' },
      ],
    },
  ],
  ['messages.0.role', { messages: [{ role: 'tool', content: 'x' }] }],
  ['messages.0.content.0.type', user({ type: 'search_result' })],
  ['messages.0.content.0.source.type', user({ type: 'image', source: { type: 'file', file_id: 'f' } })],
  ['messages.0.content.0.source.type', user({ type: 'document', source: { type: 'url', url: 'https://a/b.pdf' } })],
  [
    'messages.0.content.0.source.media_type',
    user({ type: 'document', source: { type: 'base64', media_type: 'text/html', data: '' } }),
  ],
  [
    'messages.0.content.0.citations.enabled',
    user({
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: '' },
      citations: { enabled: true },
    }),
  ],
  ['messages.0.content.0.is_error', user({ type: 'tool_result', tool_use_id: 't', is_error: true })],
  [
    'messages.0.content.0.content.0.type',
    user({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'image' }] }),
  ],
  ['messages.0.content.1', user({ type: 'text', text: 'x' }, { type: 'tool_result', tool_use_id: 't' })],
  [
    'messages.0.content.0.type',
    {
      messages: [
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: 'y' }] },
        { role: 'user', content: 'x' },
      ],
    },
  ],
  [
    'messages.0.content.1',
    {
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 't', name: 'n', input: {} },
            { type: 'text', text: 'x' },
          ],
        },
        { role: 'user', content: 'x' },
      ],
    },
  ],
])('%s of a message request is refused', ([field, more]) => {
  expect(toChat(more)).toEqual({ ok: false, field, message: expect.any(String) });
});
