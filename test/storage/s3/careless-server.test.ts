// Servers that claim to speak S3 but ignore the condition of a create, or do not know it: two jobs could take one output there. And servers that do
// not take the condition of a replacement: no job could write to its output there.

import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { writeText } from '../../../storage/lines/json-lines.ts';
import { createStore } from '../../../storage/registry.ts';
import type { Store } from '../../../storage/store.ts';
import { serveOddS3 } from '../odd-server.ts';

/** How a server answers a write with a condition, whatever is there; null if it ignores the condition, and absent if it keeps to it. */
interface Habits {
  readonly create?: number | null;
  readonly replace?: number | null;
}

/** Keeps objects in memory. All have the same version. */
async function startServer(habits: Habits): Promise<{ store: Store; objects: ReadonlyMap<string, Buffer> }> {
  const objects = new Map<string, Buffer>();
  await serveOddS3(async (request, response) => {
    const name = new URL(request.url ?? '', 'http://host').pathname;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === 'PUT') {
      const refused = refuse(habits, request.headers, objects.has(name));
      if (refused !== null) {
        response.writeHead(refused).end();
        return;
      }
      objects.set(name, Buffer.concat(chunks));
    }
    if (request.method === 'DELETE') objects.delete(name);
    response.writeHead(request.method === 'HEAD' && !objects.has(name) ? 404 : 200, { ETag: '"1"' }).end();
  });
  return { store: createStore({ dataRoot: tmpdir(), s3PathStyle: true }), objects };
}

function refuse({ create = 412, replace = null }: Habits, headers: IncomingHttpHeaders, isThere: boolean) {
  if (headers['if-match'] !== undefined) return replace;
  if (headers['if-none-match'] === undefined) return null;
  return create === 412 && !isThere ? null : create;
}

test.each([
  ['ignores the condition of a create', { create: null }],
  ['does not know the condition of a create', { create: 501 }],
  ['does not know the condition of a replacement', { replace: 501 }],
  ['does not allow the condition of a replacement', { replace: 405 }],
  ['refuses a replacement although the version is the same', { replace: 412 }],
])('a server that %s is refused before anything is claimed there', async (_name, habits) => {
  const { store, objects } = await startServer(habits);
  const problem = 'not_exclusive';
  await expect(writeText(store, 's3://bucket/out/job.json', '{}', { ifAbsent: true })).rejects.toMatchObject({
    problem,
    uri: 's3://bucket/out/job.json',
  });
  await expect(store.journal('s3://bucket/out/journal')).rejects.toMatchObject({ problem });
  expect([...objects.keys()]).toEqual([]);
});

test('a server that keeps to both conditions can be claimed, and no probe stays there', async () => {
  const { store, objects } = await startServer({});
  await writeText(store, 's3://bucket/out/job.json', '{}', { ifAbsent: true });
  expect([...objects.keys()]).toEqual(['/bucket/out/job.json']);
});

test('a server that ignores the condition takes files that may be replaced', async () => {
  const { store, objects } = await startServer({ create: null });
  await writeText(store, 's3://bucket/file', 'text');
  expect([...objects.keys()]).toEqual(['/bucket/file']);
});
