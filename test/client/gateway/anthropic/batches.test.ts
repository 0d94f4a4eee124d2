// Batches of Anthropic's SDK through the gateway, with the real Temporal server, a worker and an emulator.

import { expect, test } from 'vitest';
import { until } from '../../../end-to-end/crash/cell.ts';
import { devServer } from '../../../support/temporal.ts';
import { collectResults, request, untilEnded, withSdk } from './anthropic-site.ts';

const server = devServer();
const slowMs = 120_000;

const upTo = (count: number): string[] => Array.from({ length: count }, (_, index) => `id-${index}`);

test('the SDK runs a batch: created, polled, read, listed and deleted', { timeout: slowMs }, () =>
  withSdk(server.env, 'sdk', { providers: ['anthropic'] }, async ({ sdk, site, gateway }) => {
    const ids = upTo(40);
    const created = await sdk.messages.batches.create({ requests: ids.map((id) => request(id)) });
    expect(created).toMatchObject({
      id: expect.stringMatching(/^msgbatch_[\w-]+$/),
      type: 'message_batch',
      processing_status: 'in_progress',
      request_counts: { processing: 40, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      ended_at: null,
      cancel_initiated_at: null,
      archived_at: null,
      results_url: null,
    });
    expect(Date.parse(created.expires_at) - Date.parse(created.created_at)).toBe(24 * 3_600_000);
    await expect(sdk.messages.batches.delete(created.id)).rejects.toMatchObject({ status: 400 });
    await expect(sdk.get(`/v1/messages/batches/${created.id}/results`)).rejects.toMatchObject({ status: 404 });

    const ended = await untilEnded(sdk, created.id);
    expect(ended).toMatchObject({
      request_counts: { processing: 0, succeeded: 40, errored: 0, canceled: 0, expired: 0 },
      results_url: `${gateway.url}/v1/messages/batches/${created.id}/results`,
    });
    expect(Date.parse(ended.ended_at ?? '')).toBeGreaterThan(Date.parse(ended.created_at));
    const results = await collectResults(sdk, created.id);
    expect(results.map((line) => line.custom_id)).toEqual(ids);
    expect(results[0]?.result).toMatchObject({
      type: 'succeeded',
      message: { type: 'message', role: 'assistant', model: 'claude-haiku-4-5', usage: { service_tier: 'batch' } },
    });
    expect((await site.control.counts()).executed).toBe(40);

    await expect(sdk.messages.batches.cancel(created.id)).rejects.toMatchObject({ status: 400 });
    expect((await sdk.messages.batches.list()).data).toEqual([ended]);
    expect(await sdk.messages.batches.delete(created.id)).toEqual({ id: created.id, type: 'message_batch_deleted' });
    await expect(sdk.messages.batches.retrieve(created.id)).rejects.toMatchObject({ status: 404 });
    expect((await sdk.messages.batches.list()).data).toEqual([]);
  }),
);

test('failures come with the types that the vendor gives them', { timeout: slowMs }, () =>
  withSdk(server.env, 'errors', { providers: ['anthropic'], itemErrors: { rate400: 0.3 } }, async ({ sdk }) => {
    const { id } = await sdk.messages.batches.create({ requests: upTo(40).map((each) => request(each)) });
    const { request_counts: counts } = await untilEnded(sdk, id);
    const results = await collectResults(sdk, id);
    const errored = results.filter(({ result }) => result.type === 'errored');
    expect(errored.length).toBeGreaterThan(0);
    expect(counts).toEqual({
      processing: 0,
      succeeded: 40 - errored.length,
      errored: errored.length,
      canceled: 0,
      expired: 0,
    });
    expect(errored[0]?.result).toEqual({
      type: 'errored',
      error: {
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.any(String) },
        request_id: null,
      },
    });
  }),
);

test('what was answered before a cancellation is there after it', { timeout: slowMs }, () =>
  withSdk(
    server.env,
    'cancel',
    {
      providers: ['anthropic'],
      runMs: 20_000,
      cancelMs: 500,
      gateway: { batchJob: { batch: { maxItems: 10, concurrency: 4 }, poll: { initial: '200ms', max: '300ms' } } },
    },
    async ({ sdk, site }) => {
      const { id } = await sdk.messages.batches.create({ requests: upTo(40).map((each) => request(each)) });
      await until('something was executed', async () => (await site.control.counts()).executed > 0);
      const canceling = await sdk.messages.batches.cancel(id);
      expect(canceling).toMatchObject({ processing_status: 'canceling', cancel_initiated_at: expect.any(String) });
      const { request_counts: counts } = await untilEnded(sdk, id);
      const results = await collectResults(sdk, id);
      const { executed } = await site.control.counts();
      expect(results.filter(({ result }) => result.type === 'succeeded').length).toBe(executed);
      expect(results.filter(({ result }) => result.type === 'canceled').length).toBe(40 - executed);
      expect(counts).toEqual({
        processing: 0,
        succeeded: executed,
        errored: 0,
        canceled: 40 - executed,
        expired: 0,
      });
    },
  ),
);

test('a model of the other vendor answers in the form of this one', { timeout: slowMs }, () =>
  withSdk(server.env, 'carried', { providers: ['openai'] }, async ({ sdk, site }) => {
    const params = { model: 'gpt-5.4-mini', system: 'Be brief.', temperature: 0.2 };
    const { id } = await sdk.messages.batches.create({ requests: upTo(10).map((each) => request(each, params)) });
    await untilEnded(sdk, id);
    const results = await collectResults(sdk, id);
    expect(results.map((line) => line.custom_id)).toEqual(upTo(10));
    expect(results[0]?.result).toMatchObject({
      type: 'succeeded',
      message: {
        type: 'message',
        model: expect.stringMatching(/^gpt-5\.4-mini/),
        content: [{ type: 'text', text: expect.any(String) }],
        stop_reason: 'end_turn',
        usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
      },
    });
    expect((await site.control.counts()).executed).toBe(10);
  }),
);

test.for([
  ['bedrock', 'amazon.nova-lite-v1:0', 100],
  ['vertex', 'claude-haiku-4-5@20251001', 10],
] as const)('a model of %s answers in the form of this vendor', { timeout: slowMs }, ([provider, model, count]) =>
  withSdk(
    server.env,
    `carried-${provider}`,
    {
      providers: [provider],
      gateway: { models: [{ match: '*', provider }], batchJob: { poll: { initial: '200ms', max: '300ms' } } },
    },
    async ({ sdk, site }) => {
      const params = { model, system: 'Be brief.', temperature: 0.2 };
      const { id } = await sdk.messages.batches.create({ requests: upTo(count).map((each) => request(each, params)) });
      await untilEnded(sdk, id);
      const results = await collectResults(sdk, id);
      expect(results.map((line) => line.custom_id)).toEqual(upTo(count));
      expect(results[0]?.result).toMatchObject({
        type: 'succeeded',
        message: {
          type: 'message',
          model: expect.stringContaining(model.split('@')[0] ?? ''),
          content: [{ type: 'text', text: expect.any(String) }],
          stop_reason: 'end_turn',
          usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
        },
      });
      expect((await site.control.counts()).executed).toBe(count);
    },
  ),
);

test('the beta client of the SDK has the same batches', { timeout: slowMs }, () =>
  withSdk(server.env, 'beta', { providers: ['anthropic'] }, async ({ sdk }) => {
    const { batches } = sdk.beta.messages;
    const { id } = await batches.create({ requests: [request('a')], betas: ['message-batches-2024-09-24'] });
    await untilEnded(sdk, id);
    const types: string[] = [];
    for await (const { result } of await batches.results(id)) types.push(result.type);
    expect(types).toEqual(['succeeded']);
    expect((await batches.list()).data.map((batch) => batch.id)).toEqual([id]);
    expect(await batches.delete(id)).toMatchObject({ type: 'message_batch_deleted' });
  }),
);

test('lists have pages in both directions', { timeout: slowMs }, () =>
  withSdk(server.env, 'pages', { providers: ['anthropic'], runMs: 600_000 }, async ({ sdk, fetch }) => {
    const ids: string[] = [];
    for (const each of upTo(5)) {
      ids.unshift((await sdk.messages.batches.create({ requests: [request(each)] })).id);
    }
    const seen: string[] = [];
    for await (const { id } of sdk.messages.batches.list({ limit: 2 })) seen.push(id);
    expect(seen).toEqual(ids);
    const newer = await sdk.messages.batches.list({ before_id: ids[3] ?? '', limit: 2 });
    expect(newer).toMatchObject({ data: [{ id: ids[1] }, { id: ids[2] }], has_more: true, first_id: ids[1] });
    const all = await sdk.messages.batches.list({ before_id: ids[3] ?? '', limit: 1000 });
    expect([all.data.map(({ id }) => id), all.has_more]).toEqual([ids.slice(0, 3), false]);
    for (const query of [{ limit: 0 }, { limit: 1001 }]) {
      await expect(sdk.messages.batches.list(query)).rejects.toMatchObject({ status: 400 });
    }
    await expect(sdk.messages.batches.list({ after_id: 'msgbatch_x' })).rejects.toMatchObject({ status: 404 });
    await Promise.all(ids.map((id) => sdk.messages.batches.cancel(id)));
    expect((await fetch('/v1/messages/batches')).status).toBe(401);
  }),
);

test('a create whose answer is lost, and that is sent again, is one batch', { timeout: 120_000 }, () =>
  withSdk(server.env, 'lost-create', {}, async ({ site, sdk }) => {
    let lost = 0;
    const loseCreates: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method === 'POST' && String(input).endsWith('/batches') && lost === 0) {
        lost += 1;
        throw new TypeError('fetch failed');
      }
      return response;
    };
    const unlucky = sdk.withOptions({ fetch: loseCreates, maxRetries: 2 });
    const requests = ['a', 'b', 'c'].map((id) => request(id));
    const batch = await unlucky.messages.batches.create({ requests });
    expect(lost).toBe(1);
    const { data } = await sdk.messages.batches.list();
    expect(data.map(({ id }) => id)).toEqual([batch.id]);
    expect((await untilEnded(sdk, batch.id)).request_counts.succeeded).toBe(3);
    expect((await site.control.counts()).billedTwice.byBody).toEqual([]);
    const other = await sdk.messages.batches.create({ requests });
    expect(other.id).not.toBe(batch.id);
  }),
);
