// What a request asks for beyond text, and what is refused because a provider, a model or a vendor does not take it.

import { describe, expect, test } from 'vitest';
import type { JobFile, JobSpec } from '../../../domain/job.ts';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { resolveAccount, type VendorEntry } from '../../../providers/account.ts';
import { noBuckets } from '../../../providers/bucket.ts';
import type { Dialect, DialectSettings } from '../../../providers/dialects/dialect.ts';
import { createDialect } from '../../../providers/dialects/registry.ts';
import { vendorEntries } from '../../../providers/registry.ts';
import { rowReader } from '../../../threads/tasks/row-reader.ts';

const codes = { reasons: {}, statuses: {}, unrun: {} };
const settings: DialectSettings = {
  family: 'openai',
  name: 'groq',
  endpoints: ['/v1/chat/completions', '/v1/responses'],
  codes,
  secrets: [],
};
const chat = '/v1/chat/completions';
const withPart = (part: object): Json => ({ messages: [{ role: 'user', content: [part] }] }) as Json;

describe('what a request asks for', () => {
  const openai = createDialect(settings);
  const anthropic = createDialect({ family: 'anthropic', name: 'anthropic', endpoints: [], codes, secrets: [] });

  test.each<[Json, string[]]>([
    [{ messages: [{ role: 'user', content: 'text' }] }, []],
    [{ messages: '{{ messages }}' }, []],
    [{ messages: [], tools: [] }, []],
    [{ messages: [], tools: [{ type: 'function' }] }, ['tools']],
    [{ messages: [], response_format: { type: 'json_object' } }, []],
    [{ messages: [], response_format: { type: 'json_schema' } }, ['schema']],
    [{ input: 'x', text: { format: { type: 'json_schema' } } }, ['schema']],
    [{ messages: [], modalities: ['text', 'audio'] }, ['audio']],
    [withPart({ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }), ['images']],
    [withPart({ type: 'file', file: {} }), ['documents']],
    [withPart({ type: 'input_audio' }), ['audio']],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image' }, { type: 'input_file' }] }] },
      ['images', 'documents'],
    ],
    ['not an object', []],
  ])('openai: %j asks for %j', (body, asked) => {
    expect(openai.findNeeds(body, chat)).toEqual(asked);
  });

  test.each<[Json, string[]]>([
    [{ messages: [{ role: 'user', content: 'text' }] }, []],
    [{ messages: [], tools: [{ name: 'x' }] }, ['tools']],
    [{ messages: [], output_config: { format: { type: 'json_schema' } } }, ['schema']],
    [withPart({ type: 'image' }), ['images']],
    [withPart({ type: 'document' }), ['documents']],
  ])('anthropic: %j asks for %j', (body, asked) => {
    expect(anthropic.findNeeds(body, '/v1/messages')).toEqual(asked);
  });
});

test('what the provider does not take is a problem of the request, and of a ready-made line', () => {
  const dialect = createDialect({ ...settings, lacks: ['images'] });
  const body = withPart({ type: 'image_url' });
  expect(dialect.findProblems(body, chat)).toEqual(['images: groq does not take images']);
  const line = { custom_id: 'a', method: 'POST', url: chat, body: { model: 'm', ...Object(body) } };
  expect(dialect.parseRequestLine(line, Buffer.from(JSON.stringify(line)))).toEqual({
    kind: 'problem',
    problem: 'images: groq does not take images',
  });
});

const makeAt = (name: keyof typeof vendorEntries & string, baseUrl?: string) => {
  const { settings: all, make } = vendorEntries[name] as VendorEntry;
  return make(
    resolveAccount(all, (setting) => (setting.name === 'baseUrl' ? baseUrl : undefined)),
    noBuckets,
  );
};

test('the vendor itself has no model of another vendor; a gateway may have it', () => {
  const problemsAt = (name: 'openai' | 'anthropic', baseUrl: string | undefined, model: string) =>
    makeAt(name, baseUrl)
      .findProblems(
        { model, max_tokens: 5, messages: [{ role: 'user', content: 'x' }] },
        name === 'openai' ? chat : '/v1/messages',
      )
      .filter((problem) => problem.startsWith('model'));
  expect(problemsAt('openai', undefined, 'claude-haiku-4-5')).toEqual([
    'model: claude-haiku-4-5 is a model of anthropic',
  ]);
  expect(problemsAt('anthropic', undefined, 'gpt-5.4')).toEqual(['model: gpt-5.4 is a model of openai']);
  expect(problemsAt('openai', undefined, 'ft:gpt-4o-mini:acme::1')).toEqual([]);
  expect(problemsAt('openai', undefined, '{{ model }}')).toEqual([]);
  expect(problemsAt('openai', 'https://gateway.example/v1', 'claude-haiku-4-5')).toEqual([]);
});

test.each([
  ['gemini', undefined, 'gpt-5.4', 'generateContent', 'gpt-5.4 is a model of openai'],
  ['gemini', undefined, 'claude-haiku-4-5', null, 'claude-haiku-4-5 is a model of anthropic'],
  ['gemini', undefined, 'gemini-2.5-flash', 'generateContent', null],
  ['gemini', 'https://gateway.example', 'gpt-5.4', 'generateContent', null],
  ['vertex', undefined, 'gpt-5.4', null, 'gpt-5.4 is a model of openai'],
  ['vertex', undefined, 'claude-haiku-4-5', 'rawPredict', null],
  ['vertex', undefined, 'claude-haiku-4-5', null, null],
  ['vertex', undefined, 'claude-haiku-4-5', 'generateContent', 'claude-haiku-4-5 is called by the endpoint rawPredict'],
  ['vertex', undefined, 'gemini-2.5-pro', 'rawPredict', 'gemini-2.5-pro is called by the endpoint generateContent'],
  ['vertex', 'https://gateway.example', 'gpt-5.4', 'rawPredict', null],
  ['vertex', undefined, 'gemini-embedding-001', 'embedContent', null],
  ['vertex', undefined, 'gemini-embedding-2', null, null],
  [
    'vertex',
    'https://gateway.example',
    'text-embedding-005',
    null,
    'text-embedding-005 gives answers that do not say which row they are of; take gemini-embedding-001',
  ],
  ['vertex', undefined, 'projects/1/locations/x/models/7', 'generateContent', null],
  ['bedrock', undefined, 'eu.anthropic.claude-haiku-4-5-20251001-v1:0', null, null],
  [
    'bedrock',
    undefined,
    'global.amazon.nova-lite-v1:0',
    null,
    'global.amazon.nova-lite-v1:0 is answered in any region of the world, and an account is bound to its own; take the model or a profile such as `eu.`',
  ],
] as const)(
  'where requests name no model, %s at %s says of %s at %s: %s',
  (name, baseUrl, model, endpoint, problem) => {
    expect(makeAt(name, baseUrl).findModelProblem?.(model, endpoint)).toBe(problem);
  },
);

describe('a row', () => {
  const messages = [{ role: 'user', content: [{ type: 'image_url' }] }];
  const record = { id: 1, messages, text: 'x' };
  const read = (
    request: Json,
    lacks: { provider?: ['images']; model?: ['images'] },
    change = (dialect: Dialect): Dialect => dialect,
  ) => {
    const price = { input: 1, output: 1 };
    const models = { m: { batch: price, realtime: price, ...(lacks.model && { lacks: lacks.model }) } };
    const spec: Partial<JobSpec> = {
      model: 'm',
      request,
      endpoint: null,
      schema: null,
      budgetUsd: null,
      dataset: { uri: 'x', format: 'jsonl', id: null, limit: null },
      batch: { maxItems: 10, maxBytes: 10_000, concurrency: 1 },
      fallback: { lane: 'none', maxUsd: null },
    };
    const job = { spec, prices: models } as Pick<JobFile, 'spec' | 'prices'>;
    const dialect = createDialect({ ...settings, ...(lacks.provider && { lacks: lacks.provider }) });
    return rowReader(job, change(dialect))({ row: 1, record, raw: Buffer.from(JSON.stringify(record)) } as never);
  };

  test('that brings in what the provider lacks is refused, and says what', () => {
    expect(read({ messages: '{{ messages }}' }, { provider: ['images'] })).toEqual({
      id: 1,
      reason: 'unsupported',
      message: 'images: groq does not take images',
    });
    expect(read({ messages: '{{ messages }}' }, {})).toMatchObject({ id: 1 });
  });

  test('that asks for what its model lacks is refused, and says which model', () => {
    expect(read({ messages: '{{ messages }}' }, { model: ['images'] })).toEqual({
      id: 1,
      reason: 'unsupported',
      message: 'images: m does not take images',
    });
    expect(read({ messages: [{ role: 'user', content: '{{ text }}' }] }, { model: ['images'] })).toMatchObject({
      id: 1,
    });
  });

  test('is parsed once, whatever is asked of its request', () => {
    const bodies = new Set<Json>();
    const asked: string[] = [];
    const note = <T>(what: string, body: Json, answer: T): T => {
      asked.push(what);
      bodies.add(body);
      return answer;
    };
    const noting = (dialect: Dialect): Dialect => ({
      ...dialect,
      findProblems: (body) => note('problems', body, []),
      findNeeds: (body) => note('needs', body, []),
      outputLimit: (body, endpoint) => note('limit', body, dialect.outputLimit(body, endpoint)),
    });
    const request = { messages: '{{ messages }}', max_completion_tokens: '{{ id }}' };
    const made = read(request, { model: ['images'] }, noting);
    expect(made).toMatchObject({ id: 1, outputTokens: 1 });
    const [atStart, ...ofRow] = asked;
    expect([atStart, ofRow]).toEqual(['limit', ['problems', 'needs', 'limit']]);
    expect(bodies.size).toBe(2);
  });
});
