// Buckets for the vendors whose batches are read from one and written to one. The test file starts the server: see test/support/stores/.

import { randomBytes } from 'node:crypto';
import { noBuckets, type OpenBucket } from '../../../../providers/bucket.ts';
import { createStore } from '../../../../storage/registry.ts';
import { createBucket } from '../../../../worker/bucket.ts';

export interface Staging {
  /** The settings of the account that stands for them. */
  readonly account: Readonly<Record<string, string>>;
  /** What the emulator needs to reach the bucket. */
  readonly emulator: { readonly gcsUrl?: string };
  readonly openBucket: OpenBucket;
}

const none: Staging = { account: {}, emulator: {}, openBucket: noBuckets };

/** A bucket of its own. `dataRoot` is for files without a bucket. */
export async function openStaging(kind: 'gs' | undefined, dataRoot: string): Promise<Staging> {
  const gcsUrl = process.env.STORAGE_EMULATOR_HOST;
  if (kind === undefined) return none;
  if (gcsUrl === undefined) throw new Error('the test file has to start a server for buckets, with gcsServer()');
  const name = `staging-${randomBytes(4).toString('hex')}`;
  const made = await fetch(`${gcsUrl}/storage/v1/b?project=test`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  if (!made.ok) throw new Error(`the GCS server made no bucket: ${made.status}`);
  const store = createStore({ dataRoot, s3PathStyle: true });
  return {
    account: { project: 'tests', region: 'here', bucket: `gs://${name}/staging`, accessToken: 'sk-test' },
    emulator: { gcsUrl },
    openBucket: (folder) => createBucket(store, folder),
  };
}
