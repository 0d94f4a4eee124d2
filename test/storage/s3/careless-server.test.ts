// Servers that claim to speak S3 but ignore the condition of a create, or do not know it. Two jobs could take one output there.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import { writeText } from '../../../storage/lines/json-lines.ts';
import { createStore } from '../../../storage/registry.ts';
import type { Store } from '../../../storage/store.ts';

/** Keeps objects in memory. `refuses` says how it answers a create with a condition; null if it ignores the condition. */
async function startServer(refuses: number | null): Promise<{ store: Store; objects: ReadonlyMap<string, Buffer> }> {
  const objects = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const name = new URL(request.url ?? '', 'http://host').pathname;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === 'PUT') {
      if (request.headers['if-none-match'] !== undefined && refuses !== null) {
        response.writeHead(refuses).end('<Error><Code>NotImplemented</Code></Error>');
        return;
      }
      objects.set(name, Buffer.concat(chunks));
    }
    if (request.method === 'DELETE') objects.delete(name);
    response.writeHead(request.method === 'HEAD' && !objects.has(name) ? 404 : 200, { ETag: '"1"' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    vi.unstubAllEnvs();
  });
  const address = server.address();
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
  return { store: createStore({ dataRoot: tmpdir(), s3PathStyle: true }), objects };
}

test.each([
  ['ignores the condition', null],
  ['does not know the condition', 501],
])('a server that %s is refused before anything is claimed there', async (_name, refuses) => {
  const { store, objects } = await startServer(refuses);
  const problem = 'not_exclusive';
  await expect(writeText(store, 's3://bucket/out/job.json', '{}', { ifAbsent: true })).rejects.toMatchObject({
    problem,
    uri: 's3://bucket/out/job.json',
  });
  await expect(store.journal('s3://bucket/out/journal')).rejects.toMatchObject({ problem });
  expect([...objects.keys()]).toEqual([]);
});

test('a server that ignores the condition takes files that may be replaced', async () => {
  const { store, objects } = await startServer(null);
  await writeText(store, 's3://bucket/file', 'text');
  expect([...objects.keys()]).toEqual(['/bucket/file']);
});
