// The port for buckets that a provider gets is a folder of a store: keys on one side, uris on the other.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tryBucket } from '../../activities/open/store-trials.ts';
import { createStore } from '../../storage/registry.ts';
import { createBucket } from '../../worker/bucket.ts';
import { hasS3Server, s3Server } from '../support/stores/s3-server.ts';

const s3 = s3Server();

async function openBucket() {
  const dataRoot = await mkdtemp(join(tmpdir(), 'nightshift-bucket-'));
  onTestFinished(() => rm(dataRoot, { recursive: true }));
  const store = createStore({ dataRoot, s3PathStyle: true });
  return { store, bucket: createBucket(store, 'staging/in/') };
}

async function* pieces(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function listKeys(bucket: ReturnType<typeof createBucket>, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(prefix, { signal: new AbortController().signal })) keys.push(key);
  return keys;
}

test('a file is put, listed, read and removed by its key, and moved bytes are counted', async () => {
  const { bucket } = await openBucket();
  let moved = 0;
  const ctx = { signal: new AbortController().signal, moved: (bytes: number) => (moved += bytes) };
  const put = await bucket.put('job/a.jsonl', pieces('one\n', 'two\n'), ctx);
  expect(put).toEqual({ key: 'job/a.jsonl', uri: 'staging/in/job/a.jsonl', bytes: 8 });
  expect(moved).toBe(8);
  await bucket.put('other', pieces('x'), ctx);
  expect(await listKeys(bucket, 'job/')).toEqual(['job/a.jsonl']);
  let text = '';
  for await (const chunk of bucket.read('job/a.jsonl', ctx)) text += Buffer.from(chunk);
  expect(text).toBe('one\ntwo\n');
  expect(moved).toBe(17);
  await bucket.remove('job/a.jsonl', ctx);
  await bucket.remove('job/a.jsonl', ctx);
  expect(await listKeys(bucket, '')).toEqual(['other']);
});

test('content that breaks leaves no file', async () => {
  const { bucket } = await openBucket();
  const broken = async function* () {
    yield Buffer.from('half');
    throw new Error('broke');
  };
  await expect(bucket.put('a', broken(), { signal: new AbortController().signal })).rejects.toThrow('broke');
  expect(await listKeys(bucket, '')).toEqual([]);
});

describe.skipIf(!hasS3Server)('a trial of a bucket', () => {
  const openStore = () => createStore({ dataRoot: tmpdir(), s3PathStyle: true });
  const tryFolder = (folder: string) => tryBucket(openStore(), `${folder}trial`, new AbortController().signal);

  test('leaves nothing behind', async () => {
    const folder = `s3://${await s3.makeBucket()}/staging/`;
    expect(await tryFolder(folder)).toBe('ok');
    expect(await listKeys(createBucket(openStore(), folder), '')).toEqual([]);
  });

  test('of a bucket that does not exist says so', async () => {
    await expect(tryFolder('s3://no-such-bucket/staging/')).rejects.toMatchObject({ problem: 'no_bucket' });
  });

  test('of a bucket that the worker may not use says so', async () => {
    const folder = `s3://${await s3.makeBucket()}/staging/`;
    const before = s3.variables();
    Object.assign(process.env, s3.guestVariables());
    try {
      await expect(tryFolder(folder)).rejects.toMatchObject({ problem: 'unwritable' });
    } finally {
      Object.assign(process.env, before);
    }
  });
});
