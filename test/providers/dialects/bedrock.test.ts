// Bedrock's rows: as documented (November 2026), and what is made of them.

import { describe, expect, test } from 'vitest';
import { customId, itemKey } from '../../../domain/ids.ts';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { converseEndpoint, takeApart } from '../../../providers/dialects/bedrock/requests.ts';
import { vendorEntries } from '../../../providers/registry.ts';
import { makeProvider } from '../vendors/emulated-vendor.ts';

const bedrock = makeProvider(vendorEntries.bedrock, {});
const id = customId('0123abcd', itemKey('a'.repeat(24)));
const other = customId('0123abcd', itemKey('b'.repeat(24)));
const messages = [{ role: 'user', content: [{ text: 'hi' }] }];
const schema = { type: 'object', properties: { a: { type: 'string' } } };

describe('a request row', () => {
  test('has another id at the same place, and the same body', () => {
    const text = JSON.stringify({ messages, additionalModelRequestFields: { top_k: 1.1 } });
    const line = Buffer.from(bedrock.encode(id, text, converseEndpoint));
    expect(JSON.parse(line.toString())).toEqual({ recordId: id, modelInput: JSON.parse(text) });
    expect(line.toString('utf8', bedrock.customIdAt, bedrock.customIdAt + 32)).toBe(id);
    const relabelled = bedrock.relabel(line, other);
    expect(relabelled.toString()).toBe(bedrock.encode(other, text, converseEndpoint));
    expect(takeApart(relabelled)).toMatchObject({ customId: other, body: text });
  });

  test('of a portable prompt has all that it asks for, and no problems', () => {
    const prompt = { system: 'be kind', user: 'hi', maxTokens: 5, temperature: 0.5, schema, cache: true };
    const body = bedrock.buildBody(prompt, converseEndpoint);
    expect(body).toEqual({
      system: [{ text: 'be kind' }],
      messages,
      inferenceConfig: { maxTokens: 5, temperature: 0.5 },
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { name: 'answer', schema: JSON.stringify(schema) } },
        },
      },
    });
    expect(bedrock.findProblems(body, converseEndpoint)).toEqual([]);
    expect(bedrock.outputLimit(body, converseEndpoint)).toMatchObject({ tokens: 5 });
    expect(bedrock.buildBody({ user: 'hi' }, converseEndpoint)).toEqual({ messages });
  });

  test.each([
    [{}, converseEndpoint, /messages: missing/],
    [{ messages, modelId: 'm' }, converseEndpoint, /modelId: /],
    [{ messages, toolConfig: { tools: [] } }, converseEndpoint, /tools: bedrock does not take tools/],
    [{ messages, anthropic_version: 'bedrock-2023-05-31' }, converseEndpoint, /anthropic_version: .*form of Converse/],
    [{ messages, schemaVersion: 'messages-v1' }, converseEndpoint, /schemaVersion: .*form of Converse/],
    [{ messages, serviceTier: { type: 'priority' } }, converseEndpoint, /serviceTier: /],
    [{ messages }, 'InvokeModel', /endpoint: /],
  ])('%j to %s is refused', (body, endpoint, message) => {
    expect(bedrock.findProblems(body, endpoint).join('\n')).toMatch(message);
  });

  test.each<[string, Json[], Json, string[]]>([
    ['text', [{ text: 'x' }], {}, []],
    ['media', [{ image: { format: 'png' } }, { document: {} }, { audio: {} }], {}, ['images', 'documents', 'audio']],
    ['a schema', [], { outputConfig: { textFormat: { type: 'json_schema' } } }, ['schema']],
  ])('with %s asks for it', (_, content, more, asked) => {
    const body = { messages: [{ role: 'user', content }], ...Object(more) };
    expect(bedrock.findNeeds(body, converseEndpoint)).toEqual(asked);
  });

  test('of the dataset keeps its id and the text of its body', () => {
    const read = (text: string) => bedrock.parseRequestLine(JSON.parse(text), Buffer.from(text));
    const body = '{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":{"topP":1.10}}';
    expect(read(`{"modelInput":${body},"recordId":"r"}`)).toMatchObject({ id: 'r', model: null, bodyText: body });
    expect(read('{"recordId":"r","modelInput":{}}')).toMatchObject({ kind: 'problem' });
    expect(read(`{"modelInput":${body}}`)).toMatchObject({ kind: 'problem' });
  });
});

describe('an output row', () => {
  const decode = (row: object) => bedrock.decode(Buffer.from(JSON.stringify(row)), converseEndpoint);
  const answer = (content: Json, stopReason: string, usage: object = {}) =>
    decode({
      recordId: id,
      modelInput: { messages },
      modelOutput: { output: { message: { role: 'assistant', content } }, stopReason, usage },
    });

  test('is an answer, without the request that it repeats', () => {
    const thoughts = { reasoningContent: { reasoningText: { text: 'hm' } } };
    const usage = { inputTokens: 7, outputTokens: 5, totalTokens: 12 };
    const outcome = answer([thoughts, { text: 'y' }, { text: 'o' }], 'end_turn', usage);
    expect(outcome).toMatchObject({
      kind: 'answer',
      customId: id,
      text: 'yo',
      finish: 'stop',
      usage: { input: 7, cachedInput: null, cacheWrite: null, output: 5, reasoning: null },
    });
    expect(JSON.stringify(outcome)).not.toContain('"hi"');
  });

  test('counts what was read from and written to the cache as input', () => {
    const cached = {
      cacheReadInputTokens: 20,
      cacheWriteInputTokens: 8,
      cacheDetails: [{ ttl: '1h', inputTokens: 3 }],
    };
    expect(answer([], 'end_turn', { inputTokens: 7, outputTokens: 5, totalTokens: 40, ...cached })).toMatchObject({
      usage: { input: 35, cachedInput: 20, cacheWrite: 8, cacheWrite1h: 3, output: 5 },
    });
  });

  test.each([
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['content_filtered', 'filtered'],
    ['guardrail_intervened', 'filtered'],
    ['stop_sequence', 'stop'],
    ['a later word', 'stop'],
  ])('that stopped by %s is %s', (stopReason, finish) => {
    expect(answer([{ text: 'x' }], stopReason)).toMatchObject({ finish, finishReason: stopReason });
  });

  test.each([
    [400, 'bad_request'],
    [403, 'unauthorized'],
    [408, 'timeout'],
    [429, 'rate_limited'],
    [500, 'provider_error'],
  ])('with the error %i failed', (errorCode, reason) => {
    const row = { recordId: id, modelInput: { messages }, error: { errorCode, errorMessage: 'no' } };
    expect(decode(row)).toEqual({ kind: 'error', customId: id, reason, detail: 'no' });
  });

  test.each([{ modelOutput: {} }, { recordId: id, modelInput: {} }, { recordId: id, modelOutput: 'x' }])(
    '%j cannot be read',
    (row) => {
      expect(decode(row)).toEqual({ kind: 'unreadable' });
    },
  );
});
