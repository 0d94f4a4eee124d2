// Params that are wrong: as at the vendor, the batch is taken, and only the request with them is errored.

import { expect, test } from 'vitest';
import { devServer } from '../../../support/temporal.ts';
import { collectResults, request, untilEnded, withSdk } from './anthropic-site.ts';

const server = devServer();
const slowMs = 120_000;

const errored = (customId: string, message: unknown) => ({
  custom_id: customId,
  result: {
    type: 'errored',
    error: { type: 'error', error: { type: 'invalid_request_error', message }, request_id: null },
  },
});

const flaws: readonly [params: object, field: string][] = [
  [{ model: undefined }, 'model'],
  [{ model: '' }, 'model'],
  [{ model: 'llama-9' }, 'model'],
  [{ model: '__proto__' }, 'model'],
  [{ messages: [] }, 'messages'],
  [{ max_tokens: 0 }, 'max_tokens'],
  [{ max_tokens: undefined }, 'max_tokens'],
  [{ stream: true }, 'stream'],
  [{ speed: 'fast' }, 'speed'],
];

test('requests with wrong params are errored, and the others are answered', { timeout: slowMs }, () =>
  withSdk(server.env, 'flaws', { providers: ['anthropic'] }, async ({ sdk, site }) => {
    const secret = 'the secret of a customer';
    const wrong = flaws.map(([params], at) => request(`wrong-${at}`, { system: secret, ...params }));
    const requests = [request('first'), ...wrong, request('last')];
    const created = await sdk.messages.batches.create({ requests });
    const total = flaws.length + 2;
    expect(created.request_counts).toMatchObject({ processing: total, errored: 0 });
    const ended = await untilEnded(sdk, created.id);
    expect(ended.request_counts).toEqual({
      processing: 0,
      succeeded: 2,
      errored: flaws.length,
      canceled: 0,
      expired: 0,
    });
    const results = await collectResults(sdk, created.id);
    expect(results.map(({ custom_id, result }) => [custom_id, result.type]).slice(0, 2)).toEqual([
      ['first', 'succeeded'],
      ['last', 'succeeded'],
    ]);
    expect(results.slice(2)).toEqual(
      flaws.map(([, field], at) => errored(`wrong-${at}`, expect.stringMatching(new RegExp(`^${field}: `)))),
    );
    expect(JSON.stringify(results)).not.toContain(secret);
    expect((await site.control.counts()).billed).toBe(2);
  }),
);

test.for([
  ['openai', 'gpt-5.4-mini', { top_k: 3 }, 'top_k'],
  ['gemini', 'gemini-3.8-flash', { metadata: { user_id: 'u' } }, 'metadata.user_id'],
] as const)('what cannot be carried to %s is errored', { timeout: slowMs }, ([provider, model, params, field]) =>
  withSdk(server.env, `uncarried-${provider}`, { providers: [provider] }, async ({ sdk, site }) => {
    const requests = [request('a', { model, ...params }), request('b', { model }), request('c', { model: 'nobody' })];
    const { id } = await sdk.messages.batches.create({ requests });
    expect((await untilEnded(sdk, id)).request_counts).toMatchObject({ succeeded: 1, errored: 2 });
    const [answered, ...refused] = await collectResults(sdk, id);
    expect(answered).toMatchObject({ custom_id: 'b', result: { type: 'succeeded' } });
    expect(refused).toEqual([
      errored('a', expect.stringMatching(new RegExp(`^${field}: this field has no counterpart`))),
      errored('c', expect.stringMatching(/^model: The model `nobody` does not exist/)),
    ]);
    expect((await site.control.counts()).billed).toBe(1);
  }),
);

test.for([
  ['by a worker', { stream: true }],
  ['because no account has their model', { model: 'nobody' }],
] as const)('a batch whose requests are all refused %s ends', { timeout: slowMs }, ([how, params]) =>
  withSdk(server.env, `all-${how.length}`, { providers: ['anthropic'] }, async ({ sdk, site }) => {
    const { id } = await sdk.messages.batches.create({ requests: [request('a', params), request('b', params)] });
    const ended = await untilEnded(sdk, id);
    expect(ended).toMatchObject({
      request_counts: { processing: 0, succeeded: 0, errored: 2, canceled: 0, expired: 0 },
      results_url: expect.stringContaining(id),
    });
    const results = await collectResults(sdk, id);
    expect(results).toEqual([errored('a', expect.any(String)), errored('b', expect.any(String))]);
    expect((await site.control.counts()).batchesCreated).toBe(0);
    await sdk.messages.batches.delete(id);
    expect((await sdk.messages.batches.list()).data).toEqual([]);
  }),
);
