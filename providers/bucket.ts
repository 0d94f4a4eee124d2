// The port for a vendor whose batches read their input from a bucket and leave their output there. The worker fills it from a store.

import type { Context } from './provider.ts';

export interface BucketFile {
  /** Below the bucket's folder. */
  readonly key: string;
  /** For the vendor: `s3://…` or `gs://…`. */
  readonly uri: string;
  readonly bytes: number;
}

/** Failures are not ProviderErrors: they are the store's. */
export interface Bucket {
  /** The uri of its folder, which ends in `/`. */
  readonly uri: string;
  /** Replaces a file of the same key. Nothing is visible before it is whole. Calls `moved` as bytes are taken. */
  put(key: string, content: AsyncIterable<Uint8Array>, ctx: Context): Promise<BucketFile>;
  /** Every file whose key begins with the prefix, in the order of keys. */
  list(prefix: string, ctx: Context): AsyncIterable<BucketFile>;
  /** A chunk is valid until the next one is asked for. */
  read(key: string, ctx: Context): AsyncIterable<Uint8Array>;
  /** Succeeds if there is no such file. */
  remove(key: string, ctx: Context): Promise<void>;
}

/** Opens the folder of a bucket, `gs://bucket/folder/` or `s3://bucket/folder/`. Calls nobody. */
export type OpenBucket = (folder: string) => Bucket;

/** For providers that never need one. */
export const noBuckets: OpenBucket = () => {
  throw new Error('this provider was made without a way to open buckets');
};
