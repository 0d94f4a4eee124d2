// Servers that speak S3 but answer wrongly: a list without its prefix or without its end, an upload whose completion is not confirmed, a rest of
// another object. What was written is found all the same, and nothing else is read or removed.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { writeText } from '../../../storage/lines/json-lines.ts';
import { createStore } from '../../../storage/registry.ts';
import type { Store } from '../../../storage/store.ts';
import { serveOddS3 } from '../odd-server.ts';

interface Kept {
  readonly content: Buffer;
  readonly mark: string | undefined;
}

/** True if it has answered. */
type Habit = (asked: Asked, reply: ServerResponse) => boolean;

interface Asked {
  /** The method, and the query's members in the order of their names: `GET list-type,prefix`. */
  readonly what: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly range: string | undefined;
}

/** Keeps objects in memory, and answers rightly unless the habit has answered. */
async function startServer(habit: Habit): Promise<{ store: Store; objects: Map<string, Kept>; log: string[] }> {
  const objects = new Map<string, Kept>();
  const log: string[] = [];
  await serveOddS3(async (request, reply) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = readAsked(request);
    log.push(`${asked.what} ${asked.key}`);
    if (!habit(asked, reply)) answer(objects, asked, request, Buffer.concat(chunks), reply);
  });
  return { store: createStore({ dataRoot: tmpdir(), s3PathStyle: true }), objects, log };
}

function readAsked({ method, url, headers }: IncomingMessage): Asked {
  const { pathname, searchParams } = new URL(url ?? '', 'http://host');
  const names = [...searchParams.keys()].filter((name) => name !== 'x-id').toSorted();
  const key = decodeURIComponent(pathname).replace(/^\/bucket\/?/, '');
  return { what: [method, names.join(',')].join(' ').trim(), key, query: searchParams, range: headers.range };
}

function answer(
  objects: Map<string, Kept>,
  { what, key, query }: Asked,
  { headers }: IncomingMessage,
  content: Buffer,
  reply: ServerResponse,
): unknown {
  const mark = headers['x-amz-meta-nightshift-mark']?.toString();
  const kept = objects.get(key);
  switch (what) {
    case 'PUT':
      if (headers['if-none-match'] !== undefined && kept !== undefined) return reply.writeHead(412).end();
      objects.set(key, { content, mark });
      return reply.writeHead(200, { ETag: '"1"' }).end();
    case 'DELETE':
      objects.delete(key);
      return reply.writeHead(204).end();
    case 'POST uploads':
      objects.set(`${key} in parts`, { content: Buffer.alloc(0), mark });
      return xml(reply, '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>');
    case 'PUT partNumber,uploadId': {
      const before = objects.get(`${key} in parts`);
      objects.set(`${key} in parts`, {
        content: Buffer.concat([before?.content ?? Buffer.alloc(0), content]),
        mark: before?.mark,
      });
      return reply.writeHead(200, { ETag: '"part"' }).end();
    }
    case 'GET list-type,prefix':
      return xml(reply, listOf(objects, query.get('prefix') ?? ''));
    case 'HEAD':
    case 'GET':
      if (kept === undefined) return reply.writeHead(404).end();
      return reply
        .writeHead(200, {
          ETag: '"1"',
          'Content-Length': kept.content.length,
          ...(kept.mark === undefined ? {} : { 'x-amz-meta-nightshift-mark': kept.mark }),
        })
        .end(what === 'HEAD' ? undefined : kept.content);
    default:
      return reply.writeHead(what === 'HEAD ' ? 200 : 501).end();
  }
}

const xml = (reply: ServerResponse, text: string): void => void reply.writeHead(200).end(text);

const listOf = (objects: ReadonlyMap<string, Kept>, prefix: string): string => {
  const found = [...objects].filter(([key]) => key.startsWith(prefix)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const contents = found.map(
    ([key, { content }]) => `<Contents><Key>${key}</Key><Size>${content.length}</Size></Contents>`,
  );
  return `<ListBucketResult>${contents.join('')}</ListBucketResult>`;
};

async function readText(store: Store, uri: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(uri)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

test('of a server that lists without the prefix, nothing outside of the folder is listed or removed', async () => {
  const { store, objects } = await startServer(({ what }, reply) => {
    if (what === 'GET list-type,prefix') xml(reply, listOf(objects, ''));
    if (what === 'GET prefix,uploads') xml(reply, '<ListMultipartUploadsResult/>');
    return what.startsWith('GET ');
  });
  for (const key of ['a/1', 'b/1', 'b/2', 'c']) await writeText(store, `s3://bucket/${key}`, key);
  const listed: string[] = [];
  for await (const { uri } of store.list('s3://bucket/b/')) listed.push(uri);
  expect(listed).toEqual(['s3://bucket/b/1', 's3://bucket/b/2']);
  await store.clear('s3://bucket/b/');
  expect([...objects.keys()]).toEqual(['a/1', 'c']);
});

test.each([
  ['the last', '000003'],
  ['all', '00000'],
])('lines of a journal are read although the list leaves out %s of them', async (_which, left) => {
  const { store, objects } = await startServer(({ what }, reply) => {
    if (what !== 'GET list-type,prefix') return false;
    const old = new Map([...objects].filter(([key]) => !key.includes(`lines-${left}`)));
    xml(reply, listOf(old, 'journal.lines-'));
    return true;
  });
  await appendThree(store);
  expect(await readText(store, 's3://bucket/journal')).toBe('one\ntwo\nthree\n');
});

test('a journal of which the list leaves out what is between is not read without it', async () => {
  const { store, objects } = await startServer(({ what }, reply) => {
    if (what !== 'GET list-type,prefix') return false;
    const old = new Map([...objects].filter(([key]) => !key.endsWith('lines-000002')));
    xml(reply, listOf(old, 'journal.lines-'));
    return true;
  });
  await appendThree(store);
  await expect(readText(store, 's3://bucket/journal')).rejects.toMatchObject({ problem: 'unavailable' });
});

/** As of a server that takes the conditions of creates and replacements. */
async function appendThree(store: Store): Promise<void> {
  const journal = await store.journal('s3://bucket/journal');
  for (const line of ['one', 'two', 'three']) await journal.append(Buffer.from(line));
  await journal.close();
}

test('an upload is complete although the answer was lost and the server does not know it any more', async () => {
  let completions = 0;
  const { store, objects } = await startServer(({ what, key }, reply) => {
    if (what !== 'POST uploadId') return false;
    completions += 1;
    const whole = objects.get(`${key} in parts`);
    if (whole !== undefined) {
      objects.set(key, whole);
      objects.delete(`${key} in parts`);
      reply.destroy();
    } else {
      reply.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
    }
    return true;
  });
  const sink = await store.create('s3://bucket/large', { ifAbsent: true });
  const content = Buffer.alloc(6 * 1024 * 1024, 'x');
  await sink.write(content);
  expect(await sink.close()).toMatchObject({ uri: 's3://bucket/large', bytes: content.length });
  expect(completions).toBe(2);
  expect(objects.get('large')?.content.length).toBe(content.length);
});

test('an unconditional upload that the server does not know any more fails so that it is written again', async () => {
  const { store } = await startServer(({ what }, reply) => {
    if (what !== 'POST uploadId') return false;
    reply.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
    return true;
  });
  const sink = await store.create('s3://bucket/large');
  await sink.write(Buffer.alloc(6 * 1024 * 1024));
  await expect(sink.close()).rejects.toMatchObject({ problem: 'unavailable' });
});

test('every unfinished upload of one name is ended, also one that is gone meanwhile', async () => {
  const { store, log } = await startServer(({ what, query }, reply) => {
    if (what.startsWith('GET ') && query.has('uploads')) {
      const page = Number(query.get('upload-id-marker') ?? 0) + 1;
      const next = `<IsTruncated>true</IsTruncated><NextKeyMarker>f/a</NextKeyMarker><NextUploadIdMarker>${page}</NextUploadIdMarker>`;
      const upload = `<Upload><Key>f/a</Key><UploadId>${page}</UploadId></Upload>`;
      xml(reply, `<ListMultipartUploadsResult>${page < 3 ? next : ''}${upload}</ListMultipartUploadsResult>`);
      return true;
    }
    if (what !== 'DELETE uploadId') return false;
    const isGone = query.get('uploadId') === '1';
    reply.writeHead(isGone ? 404 : 204).end(isGone ? '<Error><Code>NoSuchUpload</Code></Error>' : undefined);
    return true;
  });
  await store.sweep('s3://bucket/f/');
  expect(log.filter((line) => line === 'DELETE uploadId f/a')).toHaveLength(3);
});

test.each([
  ['another version', 'other'],
  ['nothing', null],
])('the rest of an object is not taken from a server that gives %s instead', async (_what, rest) => {
  const whole = Buffer.alloc(200_000, 'a');
  const { store } = await startServer(({ what, range }, reply) => {
    if (what !== 'GET') return false;
    if (range === undefined) {
      reply.writeHead(200, { ETag: '"1"', 'Content-Length': whole.length });
      reply.write(whole.subarray(0, 100_000), () => reply.destroy());
    } else if (rest === null) {
      reply.writeHead(416).end();
    } else {
      const from = Number(/\d+/.exec(range)?.[0]);
      const headers = { ETag: '"2"', 'Content-Range': `bytes ${from}-${whole.length - 1}/${whole.length}` };
      reply.writeHead(206, { ...headers, 'Content-Length': whole.length - from }).end(whole.subarray(from));
    }
    return true;
  });
  await expect(readText(store, 's3://bucket/file')).rejects.toMatchObject({ problem: 'unavailable' });
});
