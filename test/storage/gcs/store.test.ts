// The store contract on an emulator of Google Cloud Storage.

import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, onTestFinished, vi } from 'vitest';
import { createStore } from '../../../storage/registry.ts';
import { gcsServer, hasGcsServer } from '../../support/stores/gcs-server.ts';
import { storeContract } from '../contract.ts';
import { objectsContract } from '../objects/contract.ts';
import type { StoreUnderTest } from '../under-test.ts';

const server = gcsServer();
const open = () => createStore({ dataRoot: tmpdir(), s3PathStyle: true });

describe.runIf(hasGcsServer)('GCS', () => {
  storeContract('store', setUp);

  objectsContract('objects', async () => ({
    root: `gs://${await server.makeBucket()}/`,
    scheme: 'gs',
    conditionalRemovals: false,
    serverPort: server.port,
    store: open(),
    storeAt: (port) => {
      vi.stubEnv('STORAGE_EMULATOR_HOST', `http://127.0.0.1:${port}`);
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      return open();
    },
  }));
});

async function setUp(): Promise<StoreUnderTest> {
  return {
    store: open(),
    root: `gs://${await server.makeBucket()}/`,
    sweptBytes: null,
    refused: [
      ['gs://', 'bad_uri'],
      ['gs://bucket', 'bad_uri'],
      ['gs://bucket/folder/', 'bad_uri'],
      ['gs://bucket/../file', 'bad_uri'],
      ['gs://bucket/a\0b', 'bad_uri'],
    ],
    appendForEver: (journal) => [fileURLToPath(new URL('../journal-child.ts', import.meta.url)), tmpdir(), journal],
    makeUnreadable: null,
  };
}
