// What an ordinary client of Anthropic sees: batches from create to archive, refused creates, messages and models.
import type Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { allDoneMs, anthropicResults, request, setup } from './harness.ts';

const requests = (count: number) => Array.from({ length: count }, (_, at) => request(`row-${at}`));

test('a batch at Anthropic shows no progress until it has ended', async () => {
  const { anthropic, pass } = await setup();
  const created = await anthropic.messages.batches.create({ requests: requests(8) });
  const frozen = { processing: 8, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  expect(created).toMatchObject({
    processing_status: 'in_progress',
    request_counts: frozen,
    results_url: null,
    ended_at: null,
  });
  await pass(3000);
  expect((await anthropic.messages.batches.retrieve(created.id)).request_counts).toEqual(frozen);
  await pass(allDoneMs);
  const ended = await anthropic.messages.batches.retrieve(created.id);
  expect(ended).toMatchObject({ processing_status: 'ended', request_counts: { processing: 0, succeeded: 8 } });
  const lines = await anthropicResults(anthropic, created.id);
  expect(lines.map((line) => line.custom_id)).toEqual(requests(8).map((one) => one.custom_id));
  expect(lines[0]?.result).toMatchObject({
    type: 'succeeded',
    message: { stop_reason: 'end_turn', usage: { service_tier: 'batch' } },
  });
});

test('a batch at Anthropic is taken in from a chunked body, and from the other version and key header', async () => {
  const { anthropic, emulator } = await setup();
  async function* body() {
    yield '{"requests":[';
    for (const [at, one] of requests(50).entries()) yield (at === 0 ? '' : ',') + JSON.stringify(one);
    yield ']}';
  }
  const chunks = ReadableStream.from(encoded(body()));
  const created = await anthropic.post<Anthropic.Messages.Batches.MessageBatch>('/v1/messages/batches', {
    body: chunks,
    headers: { 'content-type': 'application/json' },
  });
  expect(created.request_counts.processing).toBe(50);
  const headers = { 'x-api-key': 'sk-test', 'anthropic-version': '2023-06-01' };
  const seen = await fetch(`${emulator.url}/v1/messages/batches/${created.id}`, { headers });
  expect([seen.status, seen.headers.get('request-id')]).toEqual([200, expect.stringMatching(/^req_/)]);
  const wrong = await fetch(`${emulator.url}/v1/messages/batches`, {
    headers: { ...headers, 'anthropic-version': '2020-01-01' },
  });
  expect(wrong.status).toBe(400);
});

test('a batch at Anthropic ends as ended when it is cancelled, with the unrun items canceled', async () => {
  const { anthropic, pass } = await setup();
  const { id } = await anthropic.messages.batches.create({ requests: requests(10) });
  await pass(2000);
  expect(await anthropic.messages.batches.cancel(id)).toMatchObject({
    processing_status: 'canceling',
    results_url: null,
  });
  await expect(anthropic.messages.batches.delete(id)).rejects.toMatchObject({ status: 400 });
  await pass(500);
  const ended = await anthropic.messages.batches.retrieve(id);
  expect(ended.request_counts).toEqual({ processing: 0, succeeded: 5, errored: 0, canceled: 5, expired: 0 });
  expect((await anthropicResults(anthropic, id)).map((line) => line.result.type)).toEqual([
    ...Array(5).fill('succeeded'),
    ...Array(5).fill('canceled'),
  ]);
  await expect(anthropic.messages.batches.cancel(id)).rejects.toMatchObject({ status: 400 });
  expect(await anthropic.messages.batches.delete(id)).toEqual({ id, type: 'message_batch_deleted' });
  await expect(anthropic.messages.batches.retrieve(id)).rejects.toMatchObject({ status: 404 });
});

test('a batch at Anthropic is archived 29 days after its creation', async () => {
  const { anthropic, pass } = await setup();
  const { id } = await anthropic.messages.batches.create({ requests: requests(1) });
  await pass(29 * 86_400_000);
  expect(await anthropic.messages.batches.retrieve(id)).toMatchObject({
    archived_at: expect.any(String),
    results_url: null,
  });
  const direct = anthropic.get(`/v1/messages/batches/${id}/results`);
  await expect(direct).rejects.toMatchObject({ status: 404 });
});

test('a batch at Anthropic has no results before it has ended', async () => {
  const { anthropic } = await setup();
  const { id } = await anthropic.messages.batches.create({ requests: requests(1) });
  await expect(anthropic.get(`/v1/messages/batches/${id}/results`)).rejects.toMatchObject({ status: 404 });
});

test.for([
  ['a duplicate id', [request('a'), request('a', 'other')], /Duplicate custom_id/],
  ['an id with a space', [request('a b')], /String should match pattern/],
  ['an id of 65 characters', [request('x'.repeat(65))], /String should match pattern/],
  ['no requests', [], /at least 1 item/],
] as const)('creating a batch at Anthropic refuses %s immediately', async ([, given, message]) => {
  const { anthropic } = await setup();
  const creating = anthropic.messages.batches.create({ requests: [...given] });
  await expect(creating).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' });
  await expect(creating).rejects.toThrow(message);
});

test('creating a batch at Anthropic refuses more than 100,000 requests', async () => {
  const { emulator } = await setup();
  const one = (at: number) => `{"custom_id":"r${at}","params":{}}`;
  const body = `{"requests":[${Array.from({ length: 100_001 }, (_, at) => one(at)).join(',')}]}`;
  const reply = await fetch(`${emulator.url}/v1/messages/batches`, {
    method: 'POST',
    body,
    headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
  });
  expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining('at most 100000 items')]);
});

test('creating a batch at Anthropic refuses a body that is not whole JSON or has no requests', async () => {
  const { anthropic } = await setup();
  for (const body of ['{"requests":[', '{"other":[]}', '{"requests":["text"]}']) {
    const chunks = ReadableStream.from(encoded([body]));
    await expect(anthropic.post('/v1/messages/batches', { body: chunks })).rejects.toMatchObject({ status: 400 });
  }
});

test('creating a batch at Anthropic takes wrong parameters and reports them per item, unbilled', async () => {
  const { anthropic, control, pass } = await setup();
  const given = [
    request('good'),
    request('no-limit', 'x', { max_tokens: undefined }),
    request('stream', 'x', { stream: true }),
    request('zero', 'x', { max_tokens: 0 }),
    request('model', 'x', { model: 'claude-0' }),
  ];
  const { id } = await anthropic.messages.batches.create({ requests: given });
  await pass(allDoneMs);
  const lines = await anthropicResults(anthropic, id);
  const types = lines.map(({ result }) => (result.type === 'errored' ? result.error.error.type : result.type));
  const bad = 'invalid_request_error';
  expect(types).toEqual(['succeeded', bad, bad, bad, 'not_found_error']);
  expect((await control.counts()).billed).toBe(1);
});

test('messages at Anthropic count cached tokens apart: the first request writes, later ones read', async () => {
  const { anthropic, pass } = await setup();
  const system = [
    {
      type: 'text' as const,
      text: 'a long prefix '.repeat(100),
      cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
    },
  ];
  const { id } = await anthropic.messages.batches.create({
    requests: ['a', 'b'].map((name) => request(name, name, { system })),
  });
  await pass(allDoneMs);
  const usages = (await anthropicResults(anthropic, id)).map(({ result }) =>
    result.type === 'succeeded' ? result.message.usage : null,
  );
  expect(usages[0]?.cache_creation_input_tokens).toBeGreaterThan(100);
  expect(usages[0]?.cache_creation?.ephemeral_1h_input_tokens).toBe(usages[0]?.cache_creation_input_tokens);
  expect(usages[1]?.cache_read_input_tokens).toBe(usages[0]?.cache_creation_input_tokens);
  const once = await anthropic.messages.create({ ...request('c', 'c').params, system });
  const again = await anthropic.messages.create({ ...request('d', 'd').params, system });
  expect([once.usage.cache_read_input_tokens, again.usage.cache_creation_input_tokens]).toEqual([0, 0]);
});

test('messages at Anthropic fit an output schema and refuse what the vendor refuses', async () => {
  const { anthropic } = await setup();
  const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };
  const format = { type: 'json_schema' as const, schema };
  const message = await anthropic.messages.create({ ...request('a').params, output_config: { format } });
  expect(message.content[0]).toMatchObject({ type: 'text', text: '{"ok":true}' });
  await expect(anthropic.messages.create({ ...request('a').params, model: 'claude-0' })).rejects.toMatchObject({
    status: 404,
  });
});

test('messages at Anthropic share the models path with the other vendor', async () => {
  const { anthropic, openai } = await setup();
  expect((await anthropic.models.retrieve('claude-haiku-4-5')).type).toBe('model');
  await expect(anthropic.models.retrieve('gpt-4o')).rejects.toMatchObject({ status: 404, type: 'not_found_error' });
  await expect(openai.models.retrieve('claude-haiku-4-5')).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
  });
});

async function* encoded(parts: Iterable<string> | AsyncIterable<string>) {
  for await (const part of parts) yield new TextEncoder().encode(part);
}
