// Which store serves a uri.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeText } from '../../storage/lines/json-lines.ts';
import { createStore } from '../../storage/registry.ts';

async function makeDataRoot(): Promise<string> {
  const dataRoot = await mkdtemp(join(tmpdir(), 'nightshift-registry-'));
  onTestFinished(() => rm(dataRoot, { recursive: true }));
  return dataRoot;
}

test('a uri without a scheme is a file below the data root', async () => {
  const dataRoot = await makeDataRoot();
  await writeText(createStore({ dataRoot, s3PathStyle: true }), 'runs/a.txt', 'content');
  expect(await readFile(join(dataRoot, 'runs', 'a.txt'), 'utf8')).toBe('content');
});

test.each(['ftp://host/file', 'file:///tmp/file', 'S3://bucket/file'])('no store serves %s', async (uri) => {
  const store = createStore({ dataRoot: await makeDataRoot(), s3PathStyle: true });
  await expect(store.head(uri)).rejects.toMatchObject({ problem: 'bad_uri', uri });
  await expect(store.create(uri)).rejects.toMatchObject({ problem: 'bad_uri', uri });
});
