// Buckets for the vendors whose batches are read from one and written to one. The test file starts the server: see test/support/stores/.

import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { noBuckets, type OpenBucket } from '../../../../providers/bucket.ts';
import { makeGcsBucket } from '../../../../scripts/tools/go/run-store-servers.ts';
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
export async function openStaging(kind: 'gs' | 's3' | undefined, dataRoot: string): Promise<Staging> {
  if (kind === undefined) return none;
  const name = `staging-${randomBytes(4).toString('hex')}`;
  const account = { region: 'here', bucket: `${kind}://${name}/staging` };
  const store = createStore({ dataRoot, s3PathStyle: true });
  const openBucket: OpenBucket = (folder) => createBucket(store, folder);
  if (kind === 'gs') {
    const gcsUrl = process.env.STORAGE_EMULATOR_HOST;
    if (gcsUrl === undefined) throw new Error('the test file has to start a server for buckets, with gcsServer()');
    await makeGcsBucket(gcsUrl, name);
    return { account: { ...account, project: 'tests', accessToken: 'sk-test' }, emulator: { gcsUrl }, openBucket };
  }
  await makeS3Bucket(name);
  const key = { accessKeyId: 'sk-test', secretAccessKey: 'any' };
  return { account: { ...account, ...key, roleArn: 'arn:aws:iam::000000000000:role/tests' }, emulator: {}, openBucket };
}

async function makeS3Bucket(Bucket: string): Promise<void> {
  if (process.env.AWS_ENDPOINT_URL === undefined) {
    throw new Error('the test file has to start a server for buckets, with s3Server()');
  }
  await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket }));
}
