// What callers may send by mistake or on purpose: it is refused in the vendor's form, the field is named, and nothing is kept or paid.

import { readdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { expect, test } from 'vitest';
import { createStore } from '../../../../storage/registry.ts';
import { until } from '../../../end-to-end/crash/cell.ts';
import { devServer } from '../../../support/temporal.ts';
import { acme, collectResults, request, type SdkSite, untilEnded, withSdk } from './anthropic-site.ts';

const server = devServer();
const slowMs = 120_000;
const path = '/v1/messages/batches';

const post = ({ fetch }: SdkSite, body: RequestInit['body'], headers: Record<string, string> = {}) =>
  fetch(path, { method: 'POST', body: body ?? null, headers: { ...acme.headers, ...headers } });

/** A deep value cannot be written by recursion. */
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const bodies: readonly [body: string, message: string][] = [
  ['', 'the body is not JSON: it ends too early'],
  ['{"requests": []}', 'requests: must have at least 1 request'],
  ['{"requests": [{"custom_id": "a", "params": {}]}', 'the body is not JSON'],
  ['{"requests": [{"custom_id": "a", "params": }]}', 'requests.0: is not JSON'],
  [`{"requests": [${JSON.stringify(request('a'))}]`, 'the body is not JSON: it ends too early'],
  ['{"requests": [{"custom_id": "a"}]}', 'requests.0.params: must be an object'],
  ['{"requests": [{"custom_id": "a", "params": {}, "more": 1}]}', 'requests.0: has another field'],
  ['{"requests": [{"params": {}}]}', 'requests.0.custom_id: must match'],
  [`{"requests": [{"custom_id": "a", "params": ${nested(100_000)}}]}`, 'requests.0: is nested more than 500 deep'],
];

const requests: readonly [requests: readonly object[], message: string][] = [
  [[request('')], 'requests.0.custom_id: must match'],
  [[request('é')], 'requests.0.custom_id: must match'],
  [[request('\u{1f600}')], 'requests.0.custom_id: must match'],
  [[request('a'.repeat(65))], 'requests.0.custom_id: must match'],
  [[request('a\n')], 'requests.0.custom_id: must match'],
  [[request('a'), request('b'), request('a')], 'requests.2.custom_id: must be unique'],
  [[request('a'), request('b', { model: 'gpt-5.4-mini' })], 'requests.1.params.model: The models'],
  [
    [request('a', { model: 'gemini-3.8-flash' }), request('b', { model: 'gemini-2.5-flash' })],
    'requests.1.params.model: The models',
  ],
];

test('a wrong body is refused, and the field is named', { timeout: slowMs }, () =>
  withSdk(server.env, 'bad', { providers: ['anthropic'] }, async (at) => {
    const all = [...bodies, ...requests.map(([list, words]) => [JSON.stringify({ requests: list }), words] as const)];
    for (const [body, message] of all) {
      const response = await post(at, body);
      expect([message, response.status]).toEqual([message, 400]);
      expect(await response.json()).toEqual({
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
        request_id: response.headers.get('request-id'),
      });
    }
    const invalid = Buffer.from(JSON.stringify({ requests: [request('a', { system: 'Ä' })] }), 'latin1');
    expect(await (await post(at, invalid)).json()).toMatchObject({ error: { message: 'requests.0: is not UTF-8' } });
    expect((await post(at, 'x', { 'content-encoding': 'gzip' })).status).toBe(400);
    await expectNothing(at);
  }),
);

/** Neither lines nor batches. */
async function expectNothing(at: SdkSite): Promise<void> {
  expect((await at.sdk.messages.batches.list()).data).toEqual([]);
  expect(await listKept(at)).toEqual([]);
}

test('a large body is answered though its first request is refused', { timeout: slowMs }, () =>
  withSdk(server.env, 'early', { providers: ['anthropic'] }, async ({ sdk }) => {
    const many = Array.from({ length: 20_000 }, (_, at) => request(`id-${at}`, { system: 'x'.repeat(1000) }));
    await expect(sdk.messages.batches.create({ requests: [request('é'), ...many] })).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      requestID: expect.stringMatching(/^req_/),
    });
  }),
);

test('limits of the configuration hold, and no others', { timeout: slowMs }, () =>
  withSdk(
    server.env,
    'limits',
    { providers: ['anthropic'], gateway: { limits: { fileBytes: 5000, linesPerBatch: 3 } } },
    async (at) => {
      const { sdk } = at;
      const create = (count: number, text: string) =>
        sdk.messages.batches.create({
          requests: Array.from({ length: count }, (_, n) => request(`id-${n}`, { system: text })),
        });
      await expect(create(4, 'x')).rejects.toMatchObject({ status: 400, message: /more than 3 requests/ });
      await expect(create(2, 'x'.repeat(5000))).rejects.toMatchObject({ status: 413, type: 'request_too_large' });
      await expectNothing(at);
      expect((await create(3, 'x')).request_counts.processing).toBe(3);
    },
  ),
);

test('more requests than the vendor takes are one batch', { timeout: slowMs }, () =>
  withSdk(server.env, 'many', { providers: ['anthropic'] }, async ({ sdk }) => {
    const many = Array.from({ length: 100_001 }, (_, at) => request(`id-${at}`));
    const { id, request_counts: counts } = await sdk.messages.batches.create({ requests: many });
    expect(counts.processing).toBe(100_001);
    expect((await sdk.messages.batches.cancel(id)).processing_status).toBe('canceling');
  }),
);

test('a body that is cut off leaves nothing', { timeout: slowMs }, () =>
  withSdk(server.env, 'cut', { providers: ['anthropic'] }, async (at) => {
    const { gateway } = at;
    const { hostname, port } = new URL(gateway.url);
    const socket = createConnection(Number(port), hostname);
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\nx-api-key: ${acme.token}\r\ncontent-length: 9999\r\n\r\n`,
    );
    socket.write(`{"requests": [${JSON.stringify(request('a'))},`);
    await until('its line is written', async () => (await listKept(at)).length > 0);
    socket.destroy();
    await until('its line is removed', async () => (await listKept(at)).length === 0);
    await expectNothing(at);
  }),
);

/** Also what is not complete. Who has a token is known before anybody calls. */
async function listKept({ site }: SdkSite): Promise<string[]> {
  const found = await readdir(site.root, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile() && !entry.parentPath.endsWith('known-tenants'));
  return files.map(({ name }) => name);
}

test('a batch is known to its own tenant alone', { timeout: slowMs }, () =>
  withSdk(server.env, 'tenants', { providers: ['anthropic'] }, async ({ sdk, otherSdk, fetch }) => {
    const { id } = await sdk.messages.batches.create({ requests: [request('a')] });
    const missing = { status: 404, type: 'not_found_error' };
    for (const each of [id, 'msgbatch_x', `batch_${id.slice(9)}`, `${id}=`, 'é', '../x']) {
      const { batches } = otherSdk.messages;
      await expect(batches.retrieve(each)).rejects.toMatchObject(missing);
      await expect(batches.cancel(each)).rejects.toMatchObject(missing);
      await expect(batches.delete(each)).rejects.toMatchObject(missing);
      await expect(otherSdk.get(`${path}/${encodeURIComponent(each)}/results`)).rejects.toMatchObject(missing);
    }
    await expect(otherSdk.messages.batches.list({ after_id: id })).rejects.toMatchObject(missing);
    expect((await otherSdk.messages.batches.list()).data).toEqual([]);
    expect((await untilEnded(sdk, id)).request_counts.succeeded).toBe(1);
    const refused = await fetch(`${path}/${id}`, { headers: { 'x-api-key': 'ns_wrong' } });
    expect(await refused.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
  }),
);

test('white space and numbers stay as they were written', { timeout: slowMs }, () =>
  withSdk(server.env, 'raw', { providers: ['anthropic'], runMs: 600_000 }, async (at) => {
    const { sdk, site } = at;
    const params =
      '{"model":"claude-haiku-4-5","max_tokens":16,\r\n"temperature":0.10,"messages":[\n{"role":"user","content":"\u2028 é"}]}';
    const response = await post(at, `{"requests":[\n{"custom_id":"a",\n"params":${params}}\n]}`);
    const { id } = (await response.json()) as { id: string };
    await until('the provider has it', async () => (await site.control.counts()).batchesCreated === 1);
    const store = createStore({ dataRoot: site.root, s3PathStyle: true });
    let lines = '';
    for await (const { uri } of store.list('gateway/tenants/acme/lines/')) {
      for await (const chunk of store.read(uri)) lines += Buffer.from(chunk).toString();
    }
    expect(lines).toBe(`{"custom_id":"a", "params":${params.replaceAll(/[\r\n]/g, ' ')}}\n`);
    await sdk.messages.batches.cancel(id);
    await untilEnded(sdk, id);
    expect((await collectResults(sdk, id)).map((line) => line.custom_id)).toEqual(['a']);
  }),
);
