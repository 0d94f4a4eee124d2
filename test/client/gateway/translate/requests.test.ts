// A request in one vendor's form becomes one of the other's that means the same, or is refused with the field named.

import { expect, test } from 'vitest';
import { type FrontDialect, translateRequest } from '../../../../client/gateway/translate/translate.ts';
import type { Json } from '../../../../domain/outcome/outcome.ts';
import { chatRequest, messagesRequest, shortChat, shortMessages, toChat, toMessages } from './bodies.ts';

test('a chat request becomes a message request', () => {
  const { model } = chatRequest;
  expect(translateRequest(chatRequest, 'openai', 'anthropic')).toEqual({
    ok: true,
    body: { ...messagesRequest, model, temperature: 0.5, top_p: 0.9 },
  });
});

test('a message request becomes a chat request', () => {
  const { model } = messagesRequest;
  const { user, n, frequency_penalty, logprobs, temperature, top_p, ...carried } = chatRequest;
  const [, question, ...turns] = carried.messages;
  const [text, , ...files] = (question?.content ?? []) as Json[];
  expect(translateRequest(messagesRequest, 'anthropic', 'openai')).toEqual({
    ok: true,
    body: {
      ...carried,
      model,
      stop: ['END'],
      safety_identifier: user,
      tools: [
        carried.tools[0],
        { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
      ],
      response_format: {
        type: 'json_schema',
        json_schema: { ...carried.response_format.json_schema, name: 'answer' },
      },
      messages: [
        { role: 'system', content: 'Answer in one line.' },
        {
          role: 'user',
          content: [text, { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }, ...files],
        },
        { role: 'assistant', tool_calls: (turns[0] as { tool_calls: Json }).tool_calls },
        ...turns.slice(1),
      ],
    },
  });
});

test('a request in the form of its provider stays as it is', () => {
  expect(translateRequest({ what: 'ever' }, 'openai', 'openai')).toEqual({ ok: true, body: { what: 'ever' } });
});

test.for<[FrontDialect, Record<string, Json>]>([
  [
    'openai',
    { n: null, seed: null, logit_bias: {}, metadata: {}, modalities: ['text'], store: false, verbosity: 'medium' },
  ],
  ['openai', { response_format: { type: 'text' }, parallel_tool_calls: true }],
  ['anthropic', { stream: false, service_tier: 'auto', stop_sequences: [], top_k: null, system: null }],
])('what holds without being said may be said in the form of %s', ([from, more]) => {
  const [body, to] = from === 'openai' ? [shortChat, 'anthropic' as const] : [shortMessages, 'openai' as const];
  expect(translateRequest({ ...body, ...more }, from, to)).toEqual(translateRequest(body, from, to));
});

test('several instructions at the start become one', () => {
  const instructions = [
    { role: 'system', content: 'One.' },
    { role: 'developer', content: [{ type: 'text', text: 'Two.' }] },
  ];
  expect(toMessages({ messages: [...instructions, ...shortChat.messages] })).toMatchObject({
    body: {
      system: [
        { type: 'text', text: 'One.' },
        { type: 'text', text: 'Two.' },
      ],
      messages: shortMessages.messages,
    },
  });
});

test('no thinking is the effort none', () => {
  expect(toChat({ thinking: { type: 'disabled' } })).toMatchObject({ body: { reasoning_effort: 'none' } });
  expect(toMessages({ reasoning_effort: 'none' })).toMatchObject({ body: { thinking: { type: 'disabled' } } });
});

test('a tool that is named is chosen by its name', () => {
  const choice = { type: 'function', function: { name: 'f' } };
  expect(toMessages({ tool_choice: choice })).toMatchObject({ body: { tool_choice: { type: 'tool', name: 'f' } } });
  expect(toChat({ tool_choice: { type: 'tool', name: 'f' } })).toMatchObject({ body: { tool_choice: choice } });
});
