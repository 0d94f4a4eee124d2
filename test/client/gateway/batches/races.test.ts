// The same create at two gateways at the same time: one batch if it is one order, and as many as were asked for otherwise.

import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { createStore } from '../../../../storage/registry.ts';
import type { Store } from '../../../../storage/store.ts';
import { until } from '../../../end-to-end/crash/cell.ts';
import { devServer } from '../../../support/temporal.ts';
import { acme, request, untilEnded, withSdk } from '../anthropic/anthropic-site.ts';
import { type GatewaySite, startGateway } from '../gateway-site.ts';

const server = devServer();
const slowMs = 120_000;

const requests = ['a', 'b', 'c'].map((id) => request(id));
const makeSdk = (url: string): Anthropic => new Anthropic({ baseURL: url, apiKey: acme.token, maxRetries: 0 });
const repeat = { 'x-stainless-retry-count': '1' };

const gateway = { tokens: [acme.entry], models: [{ match: 'claude-*', provider: 'anthropic' }] };
const options = {
  providers: ['anthropic'] as const,
  gateway: { batchJob: { poll: { initial: '200ms', max: '300ms' } } },
};

const openStore = ({ site }: Pick<GatewaySite, 'site'>): Store =>
  createStore({ dataRoot: site.root, s3PathStyle: true });

async function countLines(at: GatewaySite): Promise<number> {
  let count = 0;
  for await (const _ of openStore(at).list('gateway/tenants/acme/lines/')) count += 1;
  return count;
}

test.for([
  ['a key', { 'idempotency-key': 'night-1' }],
  ['a repetition of an SDK', repeat],
] as const)('%s that comes to two gateways at the same time is one batch', { timeout: slowMs }, ([, headers]) =>
  withSdk(server.env, `same-${Object.keys(headers)[0]?.length}`, options, async (at) => {
    const { site, sdk } = at;
    const second = await startGateway(site, { ...gateway, ...options.gateway });
    const sdks = [sdk, makeSdk(second.url)];
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, n) => sdks[n % 2]?.messages.batches.create({ requests }, { headers })),
    );
    const ids = new Set(made.map((batch) => batch?.id));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    expect((await untilEnded(sdk, id)).request_counts.succeeded).toBe(3);
    expect((await site.control.counts()).billed).toBe(3);
    expect((await sdk.messages.batches.list()).data.map((batch) => batch.id)).toEqual([id]);
    // What came along with the other creates is gone, and with the batch everything.
    expect(await countLines(at)).toBe(1);
    await sdk.messages.batches.delete(id);
    expect(await countLines(at)).toBe(0);
    const again = sdk.messages.batches.create({ requests }, { headers });
    if ('idempotency-key' in headers) await expect(again).rejects.toMatchObject({ status: 409 });
    else expect((await again).id).not.toBe(id);
    await second.drain();
  }),
);

test('two creates of the same requests without a name are two batches', { timeout: slowMs }, () =>
  withSdk(server.env, 'two', options, async ({ site, sdk }) => {
    const made = await Promise.all([1, 2].map(() => sdk.messages.batches.create({ requests })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(2);
    for (const { id } of made) expect((await untilEnded(sdk, id)).request_counts.succeeded).toBe(3);
    expect((await site.control.counts()).billed).toBe(6);
  }),
);

test('a repetition that overtakes its first sending is one batch', { timeout: slowMs }, () =>
  withSdk(server.env, 'overtaken', options, async (at) => {
    const { site, sdk } = at;
    const held = Promise.withResolvers<void>();
    const store = openStore(at);
    let isAtRecord = false;
    const slow: Store = {
      ...store,
      create: async (uri, how) => {
        if (uri.includes('/batches/')) {
          isAtRecord = true;
          await held.promise;
        }
        return store.create(uri, how);
      },
    };
    const second = await startGateway(site, { ...gateway, ...options.gateway }, { store: slow });
    const first = makeSdk(second.url).messages.batches.create({ requests });
    await until('the first one is about to be recorded', async () => isAtRecord);
    const { id } = await sdk.messages.batches.create({ requests }, { headers: repeat });
    held.resolve();
    expect((await first).id).toBe(id);
    expect((await untilEnded(sdk, id)).request_counts.succeeded).toBe(3);
    expect((await site.control.counts()).billed).toBe(3);
    expect(await countLines(at)).toBe(1);
    await second.drain();
  }),
);
