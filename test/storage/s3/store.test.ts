// The store contract on a real S3 server, and what only objects have: parts, keys without permission, buckets.

import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, onTestFinished, test, vi } from 'vitest';
import { readJson, writeText } from '../../../storage/lines/json-lines.ts';
import { createStore } from '../../../storage/registry.ts';
import type { Store } from '../../../storage/store.ts';
import { hasS3Server, s3Server } from '../../support/stores/s3-server.ts';
import { storeContract } from '../contract.ts';
import { failsAs, objectsContract } from '../objects/contract.ts';
import type { StoreUnderTest } from '../under-test.ts';

const server = s3Server();
/** The SDK reads the environment when the store is first used. */
function openWith(variables: Readonly<Record<string, string | undefined>>): Store {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return open();
}

const open = () => createStore({ dataRoot: tmpdir(), s3PathStyle: true });

describe.runIf(hasS3Server)('S3', () => {
  storeContract('store', setUp);

  objectsContract('objects', async () => ({
    root: `s3://${await server.makeBucket()}/`,
    scheme: 's3',
    conditionalRemovals: true,
    serverPort: server.port,
    store: open(),
    storeAt: (port) => openWith({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }),
  }));

  test('a bucket without permission is told from a missing one, and names what is missing', async () => {
    const uri = `s3://${await server.makeBucket()}/file`;
    await writeText(open(), uri, 'text');
    const guest = openWith(server.guestVariables());
    await failsAs('unreadable', guest.head(uri));
    await failsAs('unreadable', readJson(guest, uri));
    await failsAs('unwritable', writeText(guest, uri, 'other'));
    await failsAs('unwritable', writeText(guest, uri, 'other', { ifAbsent: true }));
  });

  test.each([
    ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'wrong' }],
    ['an unknown key', { AWS_ACCESS_KEY_ID: 'NOBODY' }],
    ['no credentials', { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, HOME: tmpdir() }],
  ])('%s is told apart', async (_name, variables) => {
    const uri = `s3://${await server.makeBucket()}/file`;
    await failsAs('no_credentials', writeText(openWith(variables), uri, 'text'));
  });
});

async function setUp(): Promise<StoreUnderTest> {
  const bucket = await server.makeBucket();
  return {
    store: open(),
    root: `s3://${bucket}/`,
    sweptBytes: 9 * 1024 * 1024,
    awaitWritten: () => server.awaitParts(bucket),
    refused: [
      ['s3://', 'bad_uri'],
      ['s3://bucket', 'bad_uri'],
      ['s3://bucket/', 'bad_uri'],
      ['s3://bucket/folder/', 'bad_uri'],
      ['s3://bucket/../file', 'bad_uri'],
      ['s3://bucket/a//b', 'bad_uri'],
      ['s3://bucket/a\0b', 'bad_uri'],
      [`s3://bucket/${'k'.repeat(1025)}`, 'bad_uri'],
    ],
    appendForEver: (journal) => [fileURLToPath(new URL('../journal-child.ts', import.meta.url)), tmpdir(), journal],
    makeUnreadable: null,
  };
}
