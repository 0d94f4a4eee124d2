// Vertex AI's rows: as documented (November 2026), and what is made of them.

import { describe, expect, test } from 'vitest';
import { customId, itemKey } from '../../../domain/ids.ts';
import { nameRows } from '../../../providers/dialects/vertex/name-rows.ts';
import {
  claudeEndpoint,
  embedEndpoint,
  generateEndpoint,
  takeApart,
} from '../../../providers/dialects/vertex/requests.ts';
import { vendorEntries } from '../../../providers/registry.ts';
import { makeProvider } from '../vendors/emulated-vendor.ts';

const vertex = makeProvider(vendorEntries.vertex, {});
const id = customId('0123abcd', itemKey('a'.repeat(24)));
const other = customId('0123abcd', itemKey('b'.repeat(24)));
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
const content = { parts: [{ text: 'hi' }] };
const messages = [{ role: 'user', content: 'hi' }];
const version = { anthropic_version: 'vertex-2023-10-16' };
const label = { labels: { 'nightshift-id': id } };

async function* cut(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('a request row', () => {
  const bodies = [
    [generateEndpoint, { contents }],
    [claudeEndpoint, { ...version, messages, max_tokens: 5 }],
  ] as const;

  test.each(bodies)('to %s has another id at the same place, and the same body', (endpoint, body) => {
    const text = JSON.stringify(body);
    const line = Buffer.from(vertex.encode(id, text, endpoint));
    expect(JSON.parse(line.toString())).toEqual({ custom_id: id, request: body });
    expect(line.toString('utf8', vertex.customIdAt, vertex.customIdAt + 32)).toBe(id);
    const relabelled = vertex.relabel(line, other);
    expect(relabelled.toString()).toBe(vertex.encode(other, text, endpoint));
    expect(takeApart(relabelled)).toMatchObject({ customId: other, body: text });
  });

  test('of a portable prompt has the form of its endpoint, and no problems', () => {
    for (const endpoint of [generateEndpoint, claudeEndpoint]) {
      const body = vertex.buildBody({ user: 'hi', maxTokens: 5 }, endpoint);
      expect(vertex.findProblems(body, endpoint)).toEqual([]);
    }
  });

  test.each([
    [{ contents, labels: { team: 'a' } }, generateEndpoint, /labels: /],
    [{ contents, model: 'm' }, generateEndpoint, /model: /],
    [{ ...version, messages, max_tokens: 5, model: 'm' }, claudeEndpoint, /model: /],
    [{ messages, max_tokens: 5 }, claudeEndpoint, /anthropic_version: must be/],
    [{ ...version, messages }, claudeEndpoint, /max_tokens: missing/],
    [{ contents }, embedEndpoint, /content: missing/],
    [{ content, model: 'm' }, embedEndpoint, /model: /],
    [{ contents }, 'predict', /endpoint: batches are built for generateContent, embedContent, rawPredict/],
  ])('%j to %s is refused', (body, endpoint, message) => {
    expect(vertex.findProblems(body, endpoint).join('\n')).toMatch(message);
  });

  test('of the dataset shows by its id whose it is', () => {
    const read = (row: Record<string, unknown>) =>
      vertex.parseRequestLine(row as never, Buffer.from(JSON.stringify(row)));
    expect(read({ key: 'k', request: { contents } })).toMatchObject({ id: 'k', endpoint: generateEndpoint });
    const claude = { ...version, messages, max_tokens: 5 };
    expect(read({ custom_id: 'c', request: claude })).toMatchObject({ id: 'c', endpoint: claudeEndpoint });
    expect(read({ key: 'e', request: { content } })).toMatchObject({ id: 'e', endpoint: embedEndpoint });
    expect(read({ request: { contents } })).toMatchObject({ kind: 'problem' });
  });
});

describe('a row of a requests file', () => {
  test.each([1, 7, 60, 100_000])(
    'of Gemini’s is sent with its id in a label, read in pieces of %i bytes',
    async (size) => {
      const texts = [{ contents }, { contents: [{ parts: [{ text: '{"custom_id":"x\\n✓' }] }], tools: [1.1] }];
      const rows = texts.map(
        (body, at) => `${vertex.encode(at === 0 ? id : other, JSON.stringify(body), generateEndpoint)}\n`,
      );
      const file = Buffer.from(rows.join(''));
      let taken = 0;
      const named: Buffer[] = [];
      for await (const each of nameRows(cut(file, size), generateEndpoint, (bytes) => (taken += bytes)))
        named.push(each);
      const sent = Buffer.concat(named).toString().trimEnd().split('\n');
      expect(sent.map((row) => JSON.parse(row))).toEqual([
        { request: { ...label, ...texts[0] } },
        { request: { labels: { 'nightshift-id': other }, ...texts[1] } },
      ]);
      expect(taken).toBe(file.length);
    },
  );

  test('for an embedding is sent with its id as its key', async () => {
    const rows = [id, other].map((each) => vertex.encode(each, JSON.stringify({ content }), embedEndpoint));
    const named: Buffer[] = [];
    const file = Buffer.from(rows.map((each) => `${each}\n`).join(''));
    for await (const each of nameRows(cut(file, 13), embedEndpoint, () => undefined)) named.push(each);
    const sent = Buffer.concat(named).toString().trimEnd().split('\n');
    expect(sent.map((each) => JSON.parse(each))).toEqual([
      { key: id, request: { content } },
      { key: other, request: { content } },
    ]);
  });

  test('that was cut, or planned in another form, is not sent', async () => {
    const drain = async (text: string) => {
      for await (const _ of nameRows(cut(Buffer.from(text), 10), generateEndpoint, () => undefined));
    };
    await expect(drain('{"custom_id":"0123')).rejects.toThrow(/cut/);
    await expect(drain(`{"key":"${id}","request":{"contents":[]},"more":[]}\n`)).rejects.toThrow(/form/);
  });
});

describe('an output row', () => {
  const decode = (row: object, endpoint = generateEndpoint) =>
    vertex.decode(Buffer.from(JSON.stringify(row)), endpoint);
  const request = { ...label, contents };

  test('of Gemini’s is an answer, without the request that it repeats', () => {
    const candidates = [{ content: { parts: [{ text: 'yo' }] }, finishReason: 'STOP' }];
    const usageMetadata = { promptTokenCount: 7, candidatesTokenCount: 2, thoughtsTokenCount: 3, totalTokenCount: 12 };
    const response = { candidates, usageMetadata, modelVersion: 'gemini-2.5-flash' };
    expect(decode({ status: '', processed_time: '2026-11-20T00:00:00Z', request, response })).toMatchObject({
      kind: 'answer',
      customId: id,
      text: 'yo',
      usage: { input: 7, output: 5, reasoning: 3 },
      response,
    });
  });

  test('for an embedding is a vector, and says by its key whose it is', () => {
    const response = { embedding: { values: [0.5, -1] }, usageMetadata: { promptTokenCount: 3 } };
    expect(decode({ key: id, status: '', request: { content }, response }, embedEndpoint)).toMatchObject({
      kind: 'answer',
      customId: id,
      value: [0.5, -1],
      usage: { input: 3, output: null },
    });
  });

  test('of Claude’s is an answer', () => {
    const usage = { input_tokens: 5, cache_read_input_tokens: 2, output_tokens: 3 };
    const response = { type: 'message', content: [{ type: 'text', text: 'yo' }], stop_reason: 'end_turn', usage };
    expect(decode({ custom_id: id, request: {}, response, status: '' }, claudeEndpoint)).toMatchObject({
      kind: 'answer',
      text: 'yo',
      finish: 'stop',
      usage: { input: 7, cachedInput: 2, output: 3 },
    });
  });

  test.each([
    ['Bad Request: {"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}', 'bad_request'],
    ['{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}', 'rate_limited'],
    ['{"type":"error","error":{"type":"invalid_request_error","message":"no"}}', 'bad_request'],
    ['{"type":"error","error":{"type":"overloaded_error","message":"no"}}', 'overloaded'],
    ['Error 503 from the model', 'provider_error'],
    ['Something else', 'provider_error'],
  ])('with the status %j failed', (status, reason) => {
    expect(decode({ request, status, response: {} })).toMatchObject({ kind: 'error', customId: id, reason });
  });

  test('that Claude refused has an error as its response', () => {
    const response = { type: 'error', error: { type: 'rate_limit_error', message: 'no' } };
    expect(decode({ custom_id: id, status: '', response }, claudeEndpoint)).toMatchObject({ reason: 'rate_limited' });
  });

  test.each([
    { response: { candidates: [] }, status: '' },
    { request, status: '' },
    { request, status: '', response: {} },
  ])('%j cannot be read', (row) => {
    expect(decode(row)).toEqual({ kind: 'unreadable' });
  });
});
