// Events of vendors: a batch that ends is polled long before its next timer, and everything that is not genuine is counted and changes nothing.

import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cell, until } from '../crash/cell.ts';
import { realServer } from '../server.ts';
import { type GatewayAt, tokenFor, withGateway } from './gateway-at.ts';

const server = realServer();
const limitMs = 180_000;
const variable = 'NIGHTSHIFT_TEST_HOOK';
const key = Buffer.alloc(32, 3);
const secret = `whsec_${key.toString('base64')}`;

beforeAll(() => {
  process.env[variable] = secret;
});
afterAll(() => {
  delete process.env[variable];
});

const operator = tokenFor('*', ['read']);
const tenant = tokenFor('acme', ['read']);
const config = {
  hooks: { openai: { default: { secret: variable } }, gemini: { default: { secret: variable } } },
  tokens: [operator.entry, tenant.entry],
};

function sign(id: string, body: string, seconds = Math.floor(Date.now() / 1000)): Record<string, string> {
  const digest = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${digest}` };
}

const readCounts = async (gateway: GatewayAt) => (await gateway.get('/api/hooks', operator.headers)).body.hooks;

/** Polls come ten minutes apart, so only an event ends the batch in time. */
const slow = { poll: { initial: '10m', max: '10m' }, minBatchItems: 0 };

test.each(['openai', 'gemini'] as const)(
  'a batch of %s that ends is polled now, and each event counts once',
  (vendor) =>
    Cell.with(server, `hook-${vendor}`, { emulator: { runMs: 1500 } }, (at) =>
      withGateway(at, config, async (gateway) => {
        const url = `${gateway.url}/hooks/${vendor}/default`;
        await at.control.setOptions({ webhook: { url, secret, copies: 2 } });
        const job = { ...(vendor === 'openai' ? at.openaiJob(20) : at.geminiJob(20)), ...slow };
        const handle = await at.start(job);
        await at.expectComplete(await handle.result(), 20, 1);
        await until(
          'the second copy came',
          async () => (await readCounts(gateway))[`${vendor}/default`]?.duplicate === 1,
        );
        expect(await readCounts(gateway)).toEqual({ [`${vendor}/default`]: { polled: 1, duplicate: 1 } });
      }),
    ),
  limitMs,
);

test(
  'events that are forged, old, of other batches or of other things change nothing',
  () =>
    Cell.with(server, 'hook-refused', {}, (at) =>
      withGateway(at, config, async (gateway) => {
        const path = '/hooks/openai/default';
        const post = async (body: string, headers: Record<string, string>, to = path) => {
          const answer = await gateway.post(to, body, headers);
          return `${answer.status} ${answer.body.outcome ?? answer.body.error.code}`;
        };
        const end = (id: string) => JSON.stringify({ type: 'batch.completed', data: { id } });
        expect(await post(end('b'), sign('1', end('c')))).toBe('401 unauthorized');
        expect(await post(end('b'), {})).toBe('401 unauthorized');
        expect(await post(end('b'), { authorization: 'Bearer x' })).toBe('401 unauthorized');
        expect(await post(end('b'), sign('1', end('b'), 1_700_000_000))).toBe('401 unauthorized');
        expect(await post(end('b'), sign('1', end('b')))).toBe('200 unknown');
        expect(await post(end('b'), sign('1', end('b')))).toBe('200 duplicate');
        const other = JSON.stringify({ type: 'response.completed', data: { id: 'b' } });
        expect(await post(other, sign('2', other))).toBe('200 ignored');
        expect(await post('{}', sign('3', '{}'))).toBe('200 ignored');
        expect(await post('nonsense', sign('4', 'nonsense'))).toBe('400 bad_request');
        expect(await post('x'.repeat(70_000), {})).toBe('413 too_large');
        expect(await post(end('b'), sign('5', end('b')), '/hooks/openai/other')).toBe('404 not_found');
        expect(await post(end('b'), sign('5', end('b')), '/hooks/constructor/default')).toBe('404 not_found');
        const counts = { forged: 3, stale: 1, unknown: 1, duplicate: 1, ignored: 2 };
        expect(await readCounts(gateway)).toEqual({ 'openai/default': counts });
        expect(await gateway.get('/api/hooks', tenant.headers)).toMatchObject({ status: 403 });
        expect(await gateway.get('/api/hooks')).toMatchObject({ status: 401 });
      }),
    ),
  limitMs,
);
