// A request that is carried into the other form and back means the same.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FrontDialect, translateRequest } from '../../../../client/gateway/translate/translate.ts';

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,64}$/);
const base64 = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const imageType = fc.constantFrom('image/png', 'image/jpeg', 'image/gif', 'image/webp');
const effort = fc.constantFrom('low', 'medium', 'high', 'xhigh', 'max');
const schema = fc
  .dictionary(name, fc.jsonValue({ maxDepth: 2 }))
  .map((properties) => JSON.parse(JSON.stringify({ properties, type: 'object' })));
const input = fc.dictionary(name, fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)));
const limit = fc.integer({ min: 1, max: 100_000 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

const list = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 3 });
const optional = <T>(each: fc.Arbitrary<T>) => fc.option(each, { nil: undefined });

const textPart = fc.record({ type: fc.constant('text'), text });
const words = fc.oneof(text, list(textPart));

const chatPart = fc.oneof(
  textPart,
  fc.tuple(imageType, base64).map(([type, data]) => ({
    type: 'image_url',
    image_url: { url: `data:${type};base64,${data}` },
  })),
  fc.webUrl().map((url) => ({ type: 'image_url', image_url: { url } })),
  fc.tuple(text, base64).map(([filename, data]) => ({
    type: 'file',
    file: { filename, file_data: `data:application/pdf;base64,${data}` },
  })),
);

/** Calls of the assistant, and their results. */
const chatCalls = fc
  .tuple(list(fc.tuple(name, name, input, words)), optional(list(textPart)))
  .map(([calls, content]) => [
    {
      role: 'assistant',
      content,
      tool_calls: calls.map(([id, called, given]) => ({
        id,
        type: 'function',
        function: { name: called, arguments: JSON.stringify(given) },
      })),
    },
    ...calls.map(([id, , , result]) => ({ role: 'tool', tool_call_id: id, content: result })),
  ]);

const chatTurns = fc
  .array(
    fc.oneof(
      chatCalls,
      fc.record({ role: fc.constant('user'), content: fc.oneof(text, list(chatPart)) }).map((turn) => [turn]),
      fc.record({ role: fc.constant('assistant'), content: words }).map((turn) => [turn]),
    ),
    { maxLength: 4 },
  )
  .map((turns) => turns.flat());

const chatRequest = fc
  .record({
    model: name,
    max_completion_tokens: limit,
    system: optional(words),
    turns: chatTurns,
    temperature: optional(share),
    top_p: optional(share),
    stop: optional(fc.array(name, { minLength: 1, maxLength: 4 })),
    safety_identifier: optional(text),
    reasoning_effort: optional(fc.oneof(effort, fc.constant('none'))),
    tools: optional(
      list(
        fc.record({
          type: fc.constant('function'),
          function: fc.record({
            name,
            description: optional(text),
            parameters: schema,
            strict: optional(fc.boolean()),
          }),
        }),
      ),
    ),
    tool_choice: optional(
      fc.oneof(
        fc.constantFrom('auto', 'required', 'none'),
        name.map((called) => ({ type: 'function', function: { name: called } })),
      ),
    ),
    response_format: optional(
      schema.map((given) => ({ type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: given } })),
    ),
  })
  .map(({ system, turns, ...request }) => ({
    ...request,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      ...turns,
      { role: 'user', content: 'Continue.' },
    ],
  }));

const messagePart = fc.oneof(
  textPart,
  fc.tuple(imageType, base64).map(([media_type, data]) => ({
    type: 'image',
    source: { type: 'base64', media_type, data },
  })),
  fc.webUrl().map((url) => ({ type: 'image', source: { type: 'url', url } })),
  fc.tuple(optional(text), base64).map(([title, data]) => ({
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data },
    title,
  })),
);

const messageCalls = fc.tuple(list(fc.tuple(name, name, input, words)), fc.array(textPart)).map(([calls, said]) => [
  {
    role: 'assistant',
    content: [...said, ...calls.map(([id, called, given]) => ({ type: 'tool_use', id, name: called, input: given }))],
  },
  {
    role: 'user',
    content: calls.map(([id, , , content]) => ({ type: 'tool_result', tool_use_id: id, content })),
  },
]);

const messageRequest = fc
  .record({
    model: name,
    max_tokens: limit,
    system: optional(words),
    turns: fc.array(
      fc.oneof(
        messageCalls,
        fc.record({ role: fc.constant('user'), content: fc.oneof(text, list(messagePart)) }).map((turn) => [turn]),
        fc.record({ role: fc.constant('assistant'), content: words }).map((turn) => [turn]),
      ),
      { maxLength: 4 },
    ),
    temperature: optional(share),
    stop_sequences: optional(fc.array(name, { minLength: 1, maxLength: 4 })),
    metadata: optional(fc.record({ user_id: text })),
    thinks: fc.oneof(
      fc.constant({}),
      fc.constant({ thinking: { type: 'disabled' } }),
      effort.map((level) => ({ thinking: { type: 'adaptive' }, output_config: { effort: level } })),
    ),
    tool_choice: optional(
      fc.oneof(
        fc.constantFrom({ type: 'auto' }, { type: 'any', disable_parallel_tool_use: true }, { type: 'none' }),
        name.map((called) => ({ type: 'tool', name: called })),
      ),
    ),
    tools: optional(list(fc.record({ name, description: optional(text), input_schema: schema }))),
  })
  .map(({ turns, thinks, ...request }) => ({
    ...request,
    ...thinks,
    messages: [...turns.flat(), { role: 'user', content: 'Continue.' }],
  }));

const runs = { numRuns: 500 };

test('from a chat request and back', () => {
  fc.assert(
    fc.property(chatRequest, (request) => expectTheSame(request, 'openai', 'anthropic')),
    runs,
  );
});

test('from a message request and back', () => {
  fc.assert(
    fc.property(messageRequest, (request) => expectTheSame(request, 'anthropic', 'openai')),
    runs,
  );
});

function expectTheSame(request: unknown, from: FrontDialect, to: FrontDialect): void {
  const body = JSON.parse(JSON.stringify(request));
  const there = translateRequest(body, from, to);
  if (!there.ok) throw new Error(`${there.field}: ${there.message}`);
  expect(translateRequest(there.body, to, from)).toEqual({ ok: true, body });
}
