// Servers that speak Google Cloud Storage's protocol but answer wrongly: the object again from its beginning, no length, the same page for ever.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { expect, test, vi } from 'vitest';
import { createStore } from '../../../storage/registry.ts';
import type { Store } from '../../../storage/store.ts';
import { serveOddly } from '../odd-server.ts';

async function startServer(answer: (request: IncomingMessage, reply: ServerResponse) => unknown): Promise<Store> {
  vi.stubEnv('STORAGE_EMULATOR_HOST', await serveOddly(answer));
  return createStore({ dataRoot: tmpdir(), s3PathStyle: true });
}

const whole = Buffer.alloc(200_000, 'a');
const generation = { 'x-goog-generation': '1' };

async function readBytes(store: Store, start = 0): Promise<number> {
  let bytes = 0;
  for await (const chunk of store.read('gs://bucket/file', { start })) {
    bytes += chunk.length;
    if (bytes > 2 * whole.length || chunk.length === 0) throw new Error('it does not end');
  }
  return bytes;
}

test('an object that comes again from its beginning is not taken for its rest', async () => {
  let requests = 0;
  const store = await startServer((_request, reply) => {
    requests += 1;
    reply.writeHead(200, { ...generation, 'Content-Length': whole.length });
    if (requests === 1) reply.write(whole.subarray(0, 100_000), () => reply.destroy());
    else reply.end(whole);
  });
  await expect(readBytes(store)).rejects.toMatchObject({ problem: 'unavailable' });
  await expect(readBytes(store, 1000)).rejects.toMatchObject({ problem: 'unavailable' });
});

test('an object without a length is not read, because a cut would look like its end', async () => {
  const store = await startServer((_request, reply) => {
    reply.writeHead(200, generation);
    reply.write(whole.subarray(0, 1000));
    reply.end();
  });
  await expect(readBytes(store)).rejects.toMatchObject({ problem: 'unavailable' });
});

test.each([
  ['that says so', true],
  ['whose answer is lost', false],
])(
  'an object that a server makes of a part of an upload, %s, is removed, and the upload fails',
  async (_which, isSaid) => {
    const log: string[] = [];
    let mark = '';
    let made = false;
    const store = await startServer(async (request, reply) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method = '', url = '', headers } = request;
      const range = headers['content-range'] ?? '';
      log.push(`${method} ${range}`.trim());
      const object = { name: 'large', size: '0', generation: '7', metadata: { 'nightshift-mark': mark } };
      const answer = () => reply.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(object));
      if (method === 'POST') {
        mark = JSON.parse(Buffer.concat(chunks).toString()).metadata['nightshift-mark'];
        return reply.writeHead(200, { Location: `http://${headers.host}/session` }).end();
      }
      if (method === 'GET') return made ? answer() : reply.writeHead(404).end();
      if (method === 'DELETE') {
        if (url.includes('ifGenerationMatch=7')) made = false;
        return reply.writeHead(204).end();
      }
      if (made) return reply.writeHead(404).end();
      if (!range.startsWith('bytes */')) return reply.writeHead(503).end();
      made = true;
      return isSaid ? answer() : reply.destroy();
    });
    const sink = await store.create('gs://bucket/large', { ifVersion: '5' });
    await sink.write(Buffer.alloc(6 * 1024 * 1024));
    await expect(sink.close()).rejects.toMatchObject({ problem: 'unwritable' });
    expect(log).toContain('PUT bytes */*');
    expect(made).toBe(false);
  },
);

test.each([404, 410])(
  'an unconditional upload whose session is gone (%i) fails so that it is written again',
  async (status) => {
    const store = await startServer(async (request, reply) => {
      for await (const _ of request);
      const { method, headers } = request;
      if (method === 'POST') return reply.writeHead(200, { Location: `http://${headers.host}/session` }).end();
      return reply.writeHead(method === 'DELETE' ? 204 : status).end();
    });
    const sink = await store.create('gs://bucket/large');
    await sink.write(Buffer.alloc(6 * 1024 * 1024));
    await expect(sink.close()).rejects.toMatchObject({ problem: 'unavailable' });
  },
);

test('a list that repeats one page for ever fails, and has nothing outside of its prefix', async () => {
  const object = (name: string) => ({ kind: 'storage#object', name, size: '1', generation: '1' });
  const store = await startServer((_request, reply) => {
    const items = [object('in/a'), object('other/b')];
    reply.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ items, nextPageToken: 't' }));
  });
  const listed: string[] = [];
  const list = async () => {
    for await (const { uri } of store.list('gs://bucket/in/')) {
      listed.push(uri);
      if (listed.length > 5) throw new Error('it does not end');
    }
  };
  await expect(list()).rejects.toMatchObject({ problem: 'unavailable' });
  expect(listed).toEqual(['gs://bucket/in/a', 'gs://bucket/in/a']);
});
