// Gemini's requests and output lines: bodies as documented or seen (November 2026), and what is made of them.

import { describe, expect, test } from 'vitest';
import { customId, itemKey } from '../../../domain/ids.ts';
import { vendorEntries } from '../../../providers/registry.ts';
import { makeProvider } from '../vendors/emulated-vendor.ts';

const gemini = makeProvider(vendorEntries.gemini, { apiKey: 'k' });
const generate = 'generateContent';
const embed = 'embedContent';
const decode = (record: unknown, endpoint = generate) => gemini.decode(Buffer.from(JSON.stringify(record)), endpoint);
const answer = (response: unknown) => decode({ key: 'a', response });
const parts = (...all: object[]) => ({ content: { role: 'model', parts: all }, finishReason: 'STOP' });

describe('a request', () => {
  test('of a portable prompt has the model nowhere', () => {
    const prompt = { system: 'be brief', user: '{{ text }}', schema: { type: 'object' }, maxTokens: 5, temperature: 0 };
    expect(gemini.buildBody(prompt, generate)).toEqual({
      systemInstruction: { parts: [{ text: 'be brief' }] },
      contents: [{ role: 'user', parts: [{ text: '{{ text }}' }] }],
      generationConfig: {
        maxOutputTokens: 5,
        temperature: 0,
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object' },
      },
    });
    expect(gemini.buildBody(prompt, embed)).toBeNull();
    expect(gemini.findProblems(gemini.buildBody({ user: 'x' }, generate), generate)).toEqual([]);
  });

  test.each([
    [{ contents: [] }, generate, /contents: missing/],
    [{ contents: [{}] }, embed, /content: missing/],
    [{ contents: [{}], model: 'm' }, generate, /model: /],
    [{ contents: [{}], service_tier: 'priority' }, generate, /service_tier: /],
    [{ contents: [{}], serviceTier: 'PRIORITY' }, generate, /service_tier: /],
    [{ contents: [{}] }, '/v1/messages', /endpoint: /],
  ])('%j to %s is refused', (body, endpoint, message) => {
    expect(gemini.findProblems(body, endpoint).join('\n')).toMatch(message);
  });

  test('has its own limit of output, in either case, times its candidates', () => {
    const field = 'generationConfig.maxOutputTokens';
    const limit = (generationConfig: object) => gemini.outputLimit({ contents: [], ...generationConfig }, generate);
    expect(limit({ generationConfig: { maxOutputTokens: 9, candidateCount: 2 } })).toEqual({
      field,
      tokens: 9,
      answers: 2,
    });
    expect(limit({ generation_config: { max_output_tokens: 9 } })).toEqual({ field, tokens: 9, answers: 1 });
    expect(limit({})).toEqual({ field, tokens: 'unlimited', answers: 1 });
    expect(limit({ generationConfig: { maxOutputTokens: '{{ n }}' } }).tokens).toBe('unread');
    expect(gemini.outputLimit({ content: {} }, embed).tokens).toBe(0);
  });

  test('shows what it asks for beyond text', () => {
    const data = (mimeType: string) => ({ inlineData: { mimeType, data: '' } });
    const contents = [{ parts: [{ text: 'x' }, data('image/png'), { file_data: { mime_type: 'application/pdf' } }] }];
    const generationConfig = { responseJsonSchema: {} };
    expect(gemini.findNeeds({ contents, tools: [{}], generationConfig }, generate)).toEqual([
      'tools',
      'schema',
      'images',
      'documents',
    ]);
    expect(gemini.findNeeds({ contents: [{ parts: [{ text: 'x' }, data('{{ type }}')] }] }, generate)).toEqual([]);
  });
});

describe('a request line', () => {
  test('takes another id in place, and keeps the text of its body', () => {
    const [one, other] = ['1', '2'].map((digit) => customId(digit.repeat(8), itemKey(digit.repeat(24))));
    if (one === undefined || other === undefined) throw new Error('two ids');
    const line = gemini.encode(one, '{"contents":[{"parts":[{"text":"1.10"}]}],"n":1.10}', generate);
    expect(line).toBe(`{"key":"${one}","request":{"contents":[{"parts":[{"text":"1.10"}]}],"n":1.10}}`);
    expect(line.slice(gemini.customIdAt).startsWith(one)).toBe(true);
    expect(gemini.relabel(Buffer.from(line), other).toString()).toBe(line.replace(one, other));
  });

  test('that is ready-made shows its endpoint, and names no model', () => {
    const raw = (text: string) => gemini.parseRequestLine(JSON.parse(text), Buffer.from(text));
    expect(raw('{"request": {"contents":[{"parts":[]}],"n":1.10}, "key": "r-1"}')).toMatchObject({
      kind: 'request',
      id: 'r-1',
      endpoint: generate,
      model: null,
      bodyText: '{"contents":[{"parts":[]}],"n":1.10}',
    });
    expect(raw('{"key":"r","request":{"content":{"parts":[{"text":"x"}]}}}')).toMatchObject({ endpoint: embed });
    for (const bad of ['{"request":{"contents":[{}]}}', '{"key":"a"}', '{"key":"a","request":{"contents":[]}}']) {
      expect(raw(bad).kind).toBe('problem');
    }
  });
});

describe('a line of output', () => {
  test('has its text without the thoughts, which are billed as output', () => {
    const usageMetadata = {
      promptTokenCount: 100,
      toolUsePromptTokenCount: 7,
      cachedContentTokenCount: 80,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 30,
      totalTokenCount: 157,
    };
    const candidates = [parts({ text: 'hm', thought: true }, { text: 'hel' }, { text: 'lo' })];
    expect(answer({ candidates, usageMetadata, modelVersion: 'gemini-2.5-flash' })).toMatchObject({
      kind: 'answer',
      customId: 'a',
      text: 'hello',
      finish: 'stop',
      finishReason: 'STOP',
      model: 'gemini-2.5-flash',
      usage: { input: 107, cachedInput: 80, cacheWrite: null, output: 50, reasoning: 30 },
    });
  });

  test('without usage has none; a count of 0 that is left out follows from the total', () => {
    expect(answer({ candidates: [parts({ text: 'x' })] })).toMatchObject({ usage: { input: null, output: null } });
    const blocked = { promptFeedback: { blockReason: 'SAFETY' } };
    expect(answer({ ...blocked, usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 } })).toMatchObject({
      usage: { input: 9, output: 0, reasoning: null },
    });
    expect(answer({ ...blocked, usageMetadata: { promptTokenCount: 9 } })).toMatchObject({ usage: { output: null } });
  });

  test.each([
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'filtered'],
    ['PROHIBITED_CONTENT', 'filtered'],
    ['MALFORMED_FUNCTION_CALL', 'stop'],
  ])('that ended by %s is %s', (finishReason, finish) => {
    expect(answer({ candidates: [{ finishReason }] })).toMatchObject({ text: null, finish, finishReason });
  });

  test('of a blocked prompt is refused', () => {
    expect(answer({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } })).toMatchObject({
      kind: 'answer',
      text: null,
      finish: 'refused',
      finishReason: 'PROHIBITED_CONTENT',
    });
  });
});

describe('a line of output without a text', () => {
  test('has the calls of functions as its value', () => {
    const functionCall = { name: 'look_up', args: { id: 1 } };
    expect(answer({ candidates: [parts({ functionCall })] })).toMatchObject({ text: null, value: [functionCall] });
  });

  test.each([{ tokenCount: '7' }, { usageMetadata: { promptTokenCount: 7 } }])('has a vector, and %j', (usage) => {
    expect(decode({ key: 'a', response: { embedding: { values: [0.5, -1] }, ...usage } }, embed)).toMatchObject({
      kind: 'answer',
      text: null,
      value: [0.5, -1],
      usage: { input: 7, output: null },
    });
  });
});

describe('a line of output that has an error', () => {
  test.each([
    [{ code: 400, message: 'bad', status: 'INVALID_ARGUMENT' }, 'bad_request'],
    [{ code: 3, message: 'bad' }, 'bad_request'],
    [{ code: 8, message: 'x' }, 'rate_limited'],
    [{ code: 429, message: 'x' }, 'rate_limited'],
    [{ code: 13, message: 'x' }, 'provider_error'],
    [{ code: 4, message: 'x' }, 'timeout'],
    [{ code: 5, message: 'x' }, 'not_found'],
    [{ message: 'x', status: 'UNAVAILABLE' }, 'provider_error'],
    [{ code: 777_777, message: 'x' }, 'provider_error'],
    [{}, 'provider_error'],
  ])('(%j) is %s', (error, reason) => {
    expect(decode({ key: 'a', error })).toMatchObject({ kind: 'error', customId: 'a', reason });
  });

  test('of a cancelled request did not run', () => {
    expect(decode({ key: 'a', error: { code: 1, message: 'x' } })).toMatchObject({ kind: 'unrun', why: 'cancelled' });
  });

  test.each(['', 'null', '[]', '{"key":1}', '{"key":"a"}', '{"key":"a","response":[]}', '{"response":{}}'])(
    '%j is unreadable',
    (line) => {
      expect(gemini.decode(Buffer.from(line), generate)).toEqual({ kind: 'unreadable' });
    },
  );
});
