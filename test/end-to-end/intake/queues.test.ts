// Queues over HTTP with a real server and worker: items of every kind, what is refused, tenants, and what a person changes.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cell, until } from '../crash/cell.ts';
import { queueJob } from '../crash/queue-items.ts';
import { realServer } from '../server.ts';
import { type AnswerBody, tokenFor, withGateway } from './gateway-at.ts';

const server = realServer();
const limitMs = 180_000;

const queue = {
  job: queueJob,
  flush: { items: 50_000, age: '1h' },
};
const jsonLines = { 'content-type': 'application/x-ndjson' };

const makeItems = (count: number, prefix = 'i') =>
  Array.from({ length: count }, (_, index) => ({ id: `${prefix}-${index}`, text: `item ${index}` }));

const waitingFiles = (at: Cell): string[] =>
  existsSync(join(at.root, 'gateway/intake')) ? readdirSync(join(at.root, 'gateway/intake')) : [];

test(
  'items of every kind are in when the answer comes, and each caller gets its own refused lines',
  () =>
    Cell.with(server, 'intake-items', {}, (at) =>
      withGateway(at, {}, async (gateway) => {
        const path = '/api/queues/items/items';
        expect(await gateway.post(path, makeItems(1))).toMatchObject({
          status: 404,
          body: { error: { code: 'not_found' } },
        });
        const all = { status: 200, body: { accepted: 10_000, refused: 0, refusals: [] } };
        expect(await gateway.post(path, { items: makeItems(10_000), queue })).toMatchObject(all);
        const strange = ['a/b', '../../etc/passwd', 'ü😀', ' ', '%2e%2e', "'; --", '\u0000'];
        const kept = strange.map((id) => ({ id, text: 'strange' }));
        expect(await gateway.post(path, kept)).toMatchObject({ body: { accepted: strange.length, refused: 0 } });
        const lines = '\n{"id":"x-1","text":"a"}\nnonsense\n[1]\n{"text":"b"}\n{"id":"x-2"}\n{"id":"x-3","text":"c"}\n';
        const others = makeItems(300, 'other').map(({ id }) => gateway.post(path, [{ id, text: id }]));
        const [mixed] = await Promise.all([gateway.post(path, lines, jsonLines), ...others]);
        expect(mixed.body).toMatchObject({ accepted: 2, refused: 4 });
        expect(mixed.body.refusals.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
          '3 malformed_json',
          '4 not_an_object',
          '5 missing_id',
          '6 missing_column',
        ]);
        for (const other of others) expect(await other).toMatchObject({ body: { accepted: 1 } });
        const bad = await gateway.post(path, 'nonsense\n'.repeat(250), jsonLines);
        expect(bad.body).toMatchObject({ accepted: 0, refused: 250 });
        expect(bad.body.refusals).toHaveLength(100);
        const { body } = await gateway.get('/api/queues/items');
        expect(body).toMatchObject({ name: 'items', depth: { items: 10_000 + strange.length + 2 + 300 } });
        expect(body.depth.deliveries).toBeLessThan(50);
        await until('the files of the groups are gone', () => waitingFiles(at).length === 0);
        const removed = await gateway.post('/api/queues/items/remove', { id: 'a/b' });
        expect(removed.status).toBe(200);
        expect(await gateway.post('/api/queues/items/remove', { id: 'nobody' })).toMatchObject({ status: 409 });
      }),
    ),
  limitMs,
);

test(
  'a queue is paused, resumed, flushed, retried and drained, and takes nothing after that',
  () =>
    Cell.with(server, 'intake-changes', {}, (at) =>
      withGateway(at, {}, async (gateway) => {
        const change = (action: string, body: unknown = {}) => gateway.post(`/api/queues/changes/${action}`, body);
        expect(await change('pause')).toMatchObject({ status: 404 });
        expect(await gateway.get('/api/queues/changes')).toMatchObject({ status: 404 });
        await change('items', { items: makeItems(3), queue });
        expect(await change('pause')).toMatchObject({ body: { mode: 'paused' } });
        expect(await change('resume')).toMatchObject({ body: { mode: 'open' } });
        expect(await change('retry', { flush: 1 })).toMatchObject({ status: 409 });
        expect(await change('retry', { flush: 'one' })).toMatchObject({
          status: 400,
          body: { error: { field: 'flush' } },
        });
        expect(await change('flush')).toMatchObject({ status: 200 });
        await gateway.getUntil('/api/queues/changes', ({ last }) => last[0]?.answered === 3);
        expect(await change('drain')).toMatchObject({ body: { mode: 'draining' } });
        const late = await change('items', makeItems(1));
        expect([409, 404]).toContain(late.status);
      }),
    ),
  limitMs,
);

test(
  'what cannot be taken is refused with its reason',
  () =>
    Cell.with(server, 'intake-refused', {}, (at) =>
      withGateway(at, { limits: { bodyBytes: 70_000 } }, async (gateway) => {
        const path = '/api/queues/refused/items';
        const refused = async (body: unknown, to = path) => {
          const { status, body: answer } = await gateway.post(to, body);
          return [status, answer.error.field ?? answer.error.code];
        };
        expect(await refused('x'.repeat(70_001))).toEqual([413, 'too_large']);
        expect(await refused('[{]')).toEqual([400, 'bad_request']);
        expect(await refused({ items: makeItems(1), queue: { flush: {} } })).toEqual([400, 'queue.job']);
        expect(await refused({ items: makeItems(1), queue: { queue: 'file.json' } })).toEqual([400, 'queue']);
        expect(await refused(makeItems(1), '/api/queues/a%2Fb/items')).toEqual([400, 'name']);
        expect(await refused(makeItems(1), '/api/queues/%C3%BC/items')).toEqual([400, 'name']);
        const { provider: _, ...job } = queue.job;
        const wrong = { ...queue, job: { ...job, provider: 'nobody' } };
        const { status, body } = await gateway.post(path, { items: makeItems(1), queue: wrong });
        expect([status, body.error.message]).toEqual([400, expect.stringContaining('job.provider: unknown provider')]);
      }),
    ),
  limitMs,
);

test(
  'a call for whose items there is no room is told when to come again',
  () =>
    Cell.with(server, 'intake-room', {}, (at) =>
      withGateway(at, { limits: { intakeBytes: 50_000 } }, async (gateway) => {
        const full = await gateway.post('/api/queues/room/items', 'x'.repeat(50_001));
        expect(full).toMatchObject({ status: 429, retryAfter: '1', body: { error: { code: 'too_many_requests' } } });
        expect(await gateway.post('/api/queues/room/items', makeItems(1))).toMatchObject({ status: 404 });
      }),
    ),
  limitMs,
);

test(
  'a tenant has queues of its own, below its own folder, and sees the jobs of its flushes',
  () => {
    const acme = tokenFor('acme', ['add', 'read', 'change']);
    const other = tokenFor('other', ['add', 'read']);
    const reader = tokenFor('acme', ['read']);
    return Cell.with(server, 'intake-tenants', {}, (at) =>
      withGateway(at, { tokens: [acme.entry, other.entry, reader.entry] }, async (gateway) => {
        const path = '/api/queues/mine/items';
        const opening = { items: makeItems(2), queue };
        expect(await gateway.post(path, opening, reader.headers)).toMatchObject({ status: 403 });
        expect(await gateway.post('/api/queues/mine/pause', {}, other.headers)).toMatchObject({ status: 403 });
        const abroad = { ...opening, queue: { ...queue, output: 'other/queues/x/' } };
        expect(await gateway.post(path, abroad, acme.headers)).toMatchObject({
          status: 403,
          body: { error: { field: 'queue.output' } },
        });
        const foreign = { ...opening, queue: { ...queue, job: { ...queue.job, tenant: 'other' } } };
        expect(await gateway.post(path, foreign, acme.headers)).toMatchObject({ status: 403 });
        expect(await gateway.post(path, opening, acme.headers)).toMatchObject({ status: 200, body: { accepted: 2 } });
        expect(await gateway.post(path, makeItems(1), other.headers)).toMatchObject({ status: 404 });
        expect(existsSync(join(at.root, 'acme/queues/mine/queue.json'))).toBe(true);
        await gateway.post('/api/queues/mine/flush', {}, acme.headers);
        const isFlushed = ({ last: [flush] }: AnswerBody): boolean => flush?.answered === 2;
        const { name, last } = await gateway.getUntil('/api/queues/mine', isFlushed, acme.headers);
        expect([name, last[0]?.workflowId]).toEqual(['mine', 'queue/acme.mine/flush-1']);
        const flush = `/api/jobs/${encodeURIComponent(last[0]?.workflowId ?? '')}/failures`;
        expect(await gateway.get(flush, acme.headers)).toMatchObject({ status: 200 });
        expect((await gateway.get(flush, other.headers)).status).toBe(400);
      }),
    );
  },
  limitMs,
);

test(
  'a caller that vanishes changes nothing, and one whose answer is not known is told to send again',
  () =>
    Cell.with(server, 'intake-vanish', {}, (at) =>
      withGateway(at, { limits: { addSeconds: 3 } }, async (gateway) => {
        const path = '/api/queues/vanish/items';
        await gateway.post(path, { items: makeItems(1), queue });
        await at.worker.stop();
        const gone = new AbortController();
        const body = JSON.stringify(makeItems(3, 'gone'));
        const vanished = fetch(`${gateway.url}${path}`, { method: 'POST', body, signal: gone.signal });
        await until('its items are written', () => waitingFiles(at).length === 1);
        gone.abort();
        await expect(vanished).rejects.toThrow();
        const unknown = await gateway.post(path, makeItems(2, 'again'));
        expect(unknown).toMatchObject({ status: 503, retryAfter: '1', body: { error: { code: 'unavailable' } } });
        await at.startWorker();
        expect(await gateway.postUntilTaken(path, makeItems(2, 'again'))).toMatchObject({ body: { accepted: 2 } });
        await gateway.postUntilTaken('/api/queues/vanish/flush', {});
        await gateway.getUntil('/api/queues/vanish', ({ last }) => (last[0]?.answered ?? 0) >= 3);
      }),
    ),
  limitMs,
);
