// Request bodies and request lines: what is sent, what is refused before it is sent, and ids exchanged in place.

import { describe, expect, test } from 'vitest';
import { type CustomId, customId, itemKey } from '../../../domain/ids.ts';
import { InvariantBroken } from '../../../domain/refusal.ts';
import { vendorEntries } from '../../../providers/registry.ts';
import { makeProvider } from '../vendors/emulated-vendor.ts';

const openai = makeProvider(vendorEntries.openai, { apiKey: 'k' });
const anthropic = makeProvider(vendorEntries.anthropic, { apiKey: 'k' });
const idOf = (digit: string): CustomId => customId(digit.repeat(8), itemKey(digit.repeat(24)));
const prompt = {
  system: 'be {{ tone }}',
  user: '{{ text }}',
  schema: { type: 'object' },
  maxTokens: 5,
  temperature: 0,
};

describe('bodies', () => {
  test('of a portable prompt at OpenAI', () => {
    expect(openai.buildBody(prompt, '/v1/chat/completions')).toEqual({
      messages: [
        { role: 'system', content: 'be {{ tone }}' },
        { role: 'user', content: '{{ text }}' },
      ],
      max_completion_tokens: 5,
      temperature: 0,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema: { type: 'object' } },
      },
    });
  });

  test("of a portable prompt at OpenAI's responses, and of none where there is nothing to answer", () => {
    expect(openai.buildBody(prompt, '/v1/responses')).toEqual({
      instructions: 'be {{ tone }}',
      input: [{ role: 'user', content: '{{ text }}' }],
      max_output_tokens: 5,
      temperature: 0,
      text: { format: { type: 'json_schema', name: 'answer', strict: true, schema: { type: 'object' } } },
    });
    expect(openai.buildBody(prompt, '/v1/embeddings')).toBeNull();
  });

  test('of a portable prompt at Anthropic, cached', () => {
    expect(anthropic.buildBody({ ...prompt, cache: true }, anthropic.defaultEndpoint)).toEqual({
      system: [{ type: 'text', text: 'be {{ tone }}', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [{ role: 'user', content: '{{ text }}' }],
      max_tokens: 5,
      temperature: 0,
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    });
    expect(anthropic.buildBody({ user: 'x' }, anthropic.defaultEndpoint)).toMatchObject({ max_tokens: 1024 });
  });

  test('of every prompt are acceptable', () => {
    for (const provider of [openai, anthropic]) {
      const body = provider.buildBody({ user: 'x' }, provider.defaultEndpoint);
      expect(body).not.toBeNull();
      expect(provider.findProblems(body, provider.defaultEndpoint)).toEqual([]);
    }
  });
});

describe('bodies as given:', () => {
  test.each([
    [{ messages: [1], stream: true }, '/v1/chat/completions', /stream/],
    [{ messages: [] }, '/v1/chat/completions', /messages/],
    [{ messages: [1], service_tier: 'priority' }, '/v1/chat/completions', /service_tier/],
    [{ input: 'x', service_tier: 'fast' }, '/v1/responses', /service_tier/],
    [{ input: 'x', service_tier: '{{ tier }}' }, '/v1/responses', /service_tier/],
    [{ messages: [1], models: ['a', 'b'] }, '/v1/chat/completions', /^models: another model/],
    [{ input: 'x', route: 'fallback' }, '/v1/responses', /^route: another model/],
    [{ messages: [1], fallbacks: '{{ others }}' }, '/v1/chat/completions', /^fallbacks: another model/],
    [{}, '/v1/embeddings', /input/],
    [{ input: Array(2049).fill('x') }, '/v1/embeddings', /2048/],
    [{ input: 'x' }, '/v1/audio/speech', /endpoint/],
    ['text', '/v1/responses', /object/],
  ])('%j at OpenAI %s are refused', (body, endpoint, words) => {
    expect(openai.findProblems(body, endpoint).join()).toMatch(words);
  });

  test.each([
    [{ messages: [1] }, /max_tokens/],
    [{ messages: [1], max_tokens: 0 }, /max_tokens/],
    [{ max_tokens: 1 }, /messages/],
    [{ messages: [1], max_tokens: 1, speed: 'fast' }, /speed/],
    [{ messages: [1], max_tokens: 1, stream: true }, /stream/],
    [{ messages: [1], max_tokens: 1, fallbacks: [{ model: 'claude-opus-4-8' }] }, /^fallbacks: another model/],
    [{ messages: [1], max_tokens: 1, inference_geo: 'us' }, /inference_geo: the account has no region/],
  ])('%j at Anthropic are refused', (body, words) => {
    expect(anthropic.findProblems(body, '/v1/messages').join()).toMatch(words);
  });

  test('a tier that costs no more is taken', () => {
    expect(openai.findProblems({ messages: [1], service_tier: 'flex' }, '/v1/chat/completions')).toEqual([]);
  });

  test('templates are given the benefit of the doubt', () => {
    expect(openai.findProblems({ messages: '{{ messages }}', stream: '{{ s }}' }, '/v1/chat/completions')).toEqual([]);
    expect(anthropic.findProblems({ messages: '{{ m }}', max_tokens: '{{ n }}' }, '/v1/messages')).toEqual([]);
  });

  test('name their own bound on output tokens, or none', () => {
    const chat = '/v1/chat/completions';
    expect(openai.outputLimit({ max_completion_tokens: 7, n: 2 }, chat)).toMatchObject({ tokens: 7, answers: 2 });
    expect(openai.outputLimit({ max_tokens: 7 }, chat)).toMatchObject({ tokens: 7, answers: 1 });
    expect(openai.outputLimit({ n: 3 }, chat)).toEqual({
      field: 'max_completion_tokens',
      tokens: 'unlimited',
      answers: 3,
    });
    expect(openai.outputLimit({}, '/v1/responses')).toMatchObject({ field: 'max_output_tokens', tokens: 'unlimited' });
    expect(openai.outputLimit({ max_tokens: 7, best_of: 4 }, '/v1/completions')).toMatchObject({ answers: 4 });
    expect(openai.outputLimit({ input: 'x' }, '/v1/embeddings')).toMatchObject({ tokens: 0 });
    for (const unread of [{ max_tokens: '{{ n }}' }, { max_tokens: 7, n: '{{ n }}' }]) {
      expect(openai.outputLimit(unread, chat)).toMatchObject({ tokens: 'unread' });
    }
    expect(openai.outputLimit({ n: 3, max_tokens: 7 }, '/v1/images/generations')).toEqual({
      field: null,
      tokens: 'unlimited',
      answers: 3,
    });
    expect(anthropic.outputLimit({ max_tokens: 9 }, '/v1/messages')).toMatchObject({ tokens: 9, answers: 1 });
    expect(anthropic.outputLimit({ max_tokens: '{{ n }}' }, '/v1/messages')).toMatchObject({ tokens: 'unread' });
  });
});

describe.each([openai, anthropic])('request lines of $name', (provider) => {
  const body = '{"model":"m","messages":[{"role":"user","content":"ü 12345678901234567890"}],"max_tokens":1}';
  const line = (id: CustomId) => Buffer.from(provider.encode(id, body, provider.defaultEndpoint));

  test('are taken apart into what they were made from', () => {
    const raw = line(idOf('a'));
    const parts = provider.parseRequestLine(JSON.parse(raw.toString()), raw);
    expect(parts).toMatchObject({ kind: 'request', id: idOf('a'), endpoint: provider.defaultEndpoint, model: 'm' });
    expect(parts).toMatchObject({ bodyText: body });
  });

  test('get another id without another byte changing, and the first line stays', () => {
    const first = line(idOf('a'));
    expect(provider.relabel(first, idOf('b'))).toEqual(line(idOf('b')));
    expect(first).toEqual(line(idOf('a')));
  });

  test('of any other form are an error that quotes nothing', () => {
    const good = line(idOf('a')).toString();
    const { custom_id, ...rest } = JSON.parse(good);
    const others = [
      JSON.stringify({ ...rest, custom_id }),
      JSON.stringify({ custom_id: 'short', ...rest }),
      JSON.stringify({ custom_id, extra: 1, ...rest }),
      good.replace(':{', ' : {'),
      good.replace(',', ', '),
      `${good} `,
      good.slice(0, -1),
      good.slice(0, 60),
      '',
    ];
    for (const other of others) {
      expect(() => provider.relabel(Buffer.from(other), idOf('b'))).toThrow(InvariantBroken);
      expect(() => provider.relabel(Buffer.from(other), idOf('b'))).not.toThrow(/aaaa|POST|12345/);
    }
  });

  test.each([null, [], {}, { custom_id: 7 }, { custom_id: 'a' }, { custom_id: 'a', body: {}, params: {}, url: 'x' }])(
    '%j is a problem, not a crash',
    (record) => {
      expect(provider.parseRequestLine(record, Buffer.from(JSON.stringify(record))).kind).toBe('problem');
    },
  );
});
