// Who may do what: tokens, scopes, tenants and their folders, rates, and a gateway without tokens.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readGatewayConfig } from '../../../../client/gateway/config.ts';
import { serveGateway } from '../../../../client/gateway/serve.ts';
import { Nightshift } from '../../../../client/index.ts';
import { createStore } from '../../../../storage/registry.ts';
import { devServer } from '../../../support/temporal.ts';
import { postJson, startGateway, testToken, withGateway } from '../gateway-site.ts';

const server = devServer();
const quick = { validateMs: 50, runMs: 300, finalizeMs: 50, cancelMs: 50 };

const readError = async (answer: Promise<Response>): Promise<unknown> => {
  const response = await answer;
  const { error } = (await response.json()) as { readonly error: object };
  return { status: response.status, ...error };
};

test('a token reaches the jobs of its tenant alone, and an operator all', { timeout: 120_000 }, () => {
  const [acme, other, operator] = [testToken('acme'), testToken('other'), testToken('*')];
  const gateway = { tokens: [acme.entry, other.entry, operator.entry] };
  return withGateway(server.env, 'tenants', { ...quick, gateway }, async ({ site, fetch }) => {
    const { dataset: _, ...spec } = site.openaiJob(10, { minBatchItems: 0 });
    const start = (job: object, id = 'tickets') => fetch('/api/jobs', postJson({ id, job }, acme.headers));
    const outside = { status: 403, code: 'forbidden', field: 'dataset' };
    for (const dataset of [
      'rows.jsonl',
      'other/rows.jsonl',
      'acme/../other/rows.jsonl',
      '/etc/passwd',
      's3://b/acme/x',
      ['acme/a.jsonl', 'x'],
    ]) {
      expect(await readError(start({ ...spec, dataset }))).toMatchObject(outside);
    }
    await expectFolders(start, spec);
    await site.client.workflow.start('processDataset', {
      workflowId: 'acme/tickets',
      taskQueue: site.name,
      args: [{ ...spec, dataset: 'rows.jsonl', tenant: 'acme' }],
    });
    const read = (headers: Record<string, string>, id = 'tickets') => fetch(`/api/jobs/${id}`, { headers });
    expect((await read(acme.headers)).status).toBe(200);
    expect(await readError(read(other.headers))).toMatchObject({ status: 404, code: 'not_found' });
    expect(await readError(read(other.headers, 'acme%2Ftickets'))).toMatchObject({ status: 400, field: 'id' });
    expect(await readError(read(acme.headers, '..%2Facme%2Ftickets'))).toMatchObject({ status: 400 });
    expect(await readError(read(acme.headers, '%F0%9F%8E%AB'))).toMatchObject({ status: 400 });
    expect((await read(operator.headers, 'acme%2Ftickets')).status).toBe(200);
    const list = async (headers: Record<string, string>): Promise<readonly string[]> => {
      const { jobs } = (await (await fetch('/api/jobs', { headers })).json()) as { jobs: { id: string }[] };
      return jobs.map(({ id }) => id);
    };
    await expect.poll(() => list(acme.headers), { timeout: 20_000 }).toEqual(['tickets']);
    expect(await list(other.headers)).toEqual([]);
    expect(await list(operator.headers)).toContain('acme/tickets');
    for (const [path, init] of [
      ['pause', postJson({}, other.headers)],
      ['cancel', postJson({}, other.headers)],
    ] as const) {
      expect(await readError(fetch(`/api/jobs/tickets/${path}`, init))).toMatchObject({ status: 404 });
    }
    expect(await readError(fetch('/api/jobs/tickets/events', { headers: other.headers }))).toMatchObject({
      status: 404,
    });
    await site.client.workflow.getHandle('acme/tickets').result();
  });
});

type Start = (job: object, id?: string) => Promise<Response>;

async function expectFolders(start: Start, spec: object): Promise<void> {
  const dataset = 'acme/rows.jsonl';
  for (const field of ['output', 'reuse', 'resumeFrom']) {
    const answer = start({ ...spec, dataset, [field]: 'other/results.jsonl' });
    expect(await readError(answer)).toMatchObject({ status: 403, field });
  }
  expect(await readError(start({ ...spec, dataset, tenant: 'other' }))).toMatchObject({ status: 403, field: 'tenant' });
  expect(await readError(start({ job: 'other/job.json' }))).toMatchObject({ status: 403, field: 'job' });
  expect(await readError(start({ ...spec, dataset }, 'a/b'))).toMatchObject({ status: 400, field: 'id' });
  const flush = 'queue/acme.tickets/flush-7';
  expect(await readError(start({ ...spec, dataset }, flush))).toMatchObject({ status: 400, field: 'id' });
  const files = { uri: dataset, files: ['image'] };
  expect(await readError(start({ ...spec, dataset: files }))).toMatchObject({ status: 403, field: 'dataset' });
}

test('a token without a scope is refused, and a wrong one is not known', () => {
  const reader = testToken('acme', ['read']);
  return withGateway(server.env, 'scopes', { ...quick, gateway: { tokens: [reader.entry] } }, async ({ fetch }) => {
    const forbidden = { status: 403, code: 'forbidden' };
    expect(await readError(fetch('/api/jobs', postJson({}, reader.headers)))).toMatchObject(forbidden);
    expect(await readError(fetch('/api/jobs/x/cancel', postJson({}, reader.headers)))).toMatchObject(forbidden);
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: `Basic ${reader.token}` },
      { 'x-api-key': 'wrong' },
    ]) {
      const answer = readError(fetch('/api/jobs', { headers: headers as Record<string, string> }));
      expect(await answer).toMatchObject({ status: 401, code: 'unauthorized' });
    }
    expect((await fetch('/api/jobs', { headers: { 'x-api-key': reader.token } })).status).toBe(200);
    expect((await fetch('/healthz')).status).toBe(200);
    expect((await fetch('/readyz')).status).toBe(200);
  });
});

test('bodies that are too large, cut or no JSON are refused, and the field is named', () => {
  return withGateway(
    server.env,
    'bodies',
    { ...quick, gateway: { limits: { bodyBytes: 1000 } } },
    async ({ fetch }) => {
      const post = (body: RequestInit['body']) =>
        readError(fetch('/api/jobs', { method: 'POST', body, duplex: 'half' } as RequestInit));
      expect(await post(`{"id":"${'x'.repeat(2000)}"}`)).toMatchObject({ status: 413, code: 'too_large' });
      expect(await post(new Blob(['{"id":', 'x'.repeat(2000)]).stream())).toMatchObject({ status: 413 });
      expect(await post('{"id":')).toMatchObject({ status: 400, message: 'the body is not JSON' });
      expect(await post(new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({
        status: 400,
        message: 'the body is not UTF-8',
      });
      expect(await post('{"id":"a","job":{},"more":1}')).toMatchObject({ status: 400 });
      expect(await post('{"id":1,"job":{}}')).toMatchObject({ status: 400, field: 'id' });
    },
  );
});

test('a body that never comes to its end keeps nobody out', () => {
  const limits = { bodySeconds: 0.2, intakeBytes: 12 };
  return withGateway(server.env, 'stalled-body', { ...quick, gateway: { limits } }, async ({ fetch }) => {
    for (const path of ['/api/jobs', '/api/queues/a/items']) {
      const body = new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from('[{"id":1}')) });
      const answer = readError(fetch(path, { method: 'POST', body, duplex: 'half' } as RequestInit));
      expect(await answer).toMatchObject({ status: 503, message: expect.stringContaining('within 0.2 seconds') });
    }
    expect((await fetch('/api/queues/a/items', postJson([{ id: 1234 }]))).status).toBe(429);
    expect((await fetch('/api/queues/a/items', { method: 'POST', body: '[{}]' })).status).toBe(404);
  });
});

test('a body that is nested too deeply is refused, and never sent again', () =>
  withGateway(server.env, 'deep', quick, async ({ fetch }) => {
    const deep = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;
    for (const [path, body] of [
      ['/api/jobs', `{"id":"a","job":{"request":${deep}}}`],
      ['/api/queues/a/items', `{"items":[{"id":"a"}],"queue":{"job":${deep}}}`],
      ['/api/queues/a/items', `[{"id":"a","text":${deep}}]`],
    ] as const) {
      const answer = readError(fetch(path, { method: 'POST', body }));
      expect(await answer, body.slice(0, 40)).toMatchObject({ status: 400, code: 'bad_request' });
    }
  }));

test.each([
  [{ tokens: [{ ...testToken('queue').entry }] }, 'tenants.queue: is the name under which queues run'],
  [{ tenants: { gateway: {} } }, 'tenants.gateway: gateway/ has what the gateway keeps'],
  [{ tenants: { acme: { folders: ['acme/', 'gateway/acme'] } } }, 'tenants.acme: gateway/acme/ has'],
  [{ tenants: { runs: {} } }, 'tenants.runs: has the folder of operators'],
  [{ folder: 's3://b/nightshift/', tenants: { acme: { folders: ['s3://b/'] } } }, 'tenants.acme: s3://b/ has'],
])('a tenant that would reach what is for others is refused: %j', (file, message) => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
  const path = join(folder, 'gateway.json');
  writeFileSync(path, JSON.stringify(file));
  expect(() => readGatewayConfig(path)).toThrow(message);
  writeFileSync(path, JSON.stringify({ tenants: { gateways: {}, acme: { folders: ['a/', 's3://gateway/x'] } } }));
  expect(readGatewayConfig(path).folder).toBe('gateway/');
  rmSync(folder, { recursive: true });
});

test('each token has its own rate, and is told when to come back', async () => {
  const [one, two] = [testToken('acme'), testToken('acme')];
  let now = 1_000_000;
  const site = { client: server.env.client, name: 'rates', root: '.' };
  const limits = { requestsPerSecond: 2 };
  const gateway = await startGateway(site, { tokens: [one.entry, two.entry], limits }, { now: () => now });
  const ask = (headers: Record<string, string>) =>
    fetch(`${gateway.url}/nothing`, { headers }).then(({ status, headers: got }) => [status, got.get('retry-after')]);
  expect([await ask(one.headers), await ask(one.headers), await ask(one.headers)]).toEqual([
    [404, null],
    [404, null],
    [429, '1'],
  ]);
  expect(await ask(two.headers)).toEqual([404, null]);
  now += 500;
  expect([await ask(one.headers), await ask(one.headers)]).toEqual([
    [404, null],
    [429, '1'],
  ]);
  // A clock that is set back takes nothing away.
  now -= 3_600_000;
  expect(await ask(two.headers)).toEqual([404, null]);
  await gateway.drain();
});

test('without tokens, the gateway is for this machine alone, whatever name a browser was given', async () => {
  const site = { client: server.env.client, name: 'local', root: '.' };
  const gateway = await startGateway(site);
  const { port } = new URL(gateway.url);
  const ask = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request({ port, path: '/nothing', headers, agent: false }, ({ statusCode }) => resolve(statusCode));
      sent.on('error', reject).end();
    });
  expect(await ask({ host: `localhost:${port}` })).toBe(404);
  expect(await ask({ host: 'rebound.example' })).toBe(403);
  expect(await ask({ host: `127.0.0.1:${port}`, origin: 'https://evil.example' })).toBe(403);
  expect(await ask({ host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}` })).toBe(404);
  await gateway.drain();
  const jobs = new Nightshift(server.env.client);
  const parts = {
    jobs,
    store: createStore({ dataRoot: '.', s3PathStyle: true }),
    config: readGatewayConfig(null),
    secret: Buffer.alloc(32),
    now: Date.now,
    log: () => undefined,
  };
  await expect(serveGateway(parts, { host: '0.0.0.0', port: 0 })).rejects.toThrow('this machine alone');
});
