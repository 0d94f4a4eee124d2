// Fills the providers' port for buckets from a store: a folder of the store is the bucket.

import type { Bucket, BucketFile } from '../providers/bucket.ts';
import type { Store, Stored } from '../storage/store.ts';

/** `folder` is `s3://bucket/`, `gs://bucket/folder/` or, for tests, a path below the data root. It ends in `/`. */
export function createBucket(store: Store, folder: string): Bucket {
  const describe = ({ uri, bytes }: Stored): BucketFile => ({ key: uri.slice(folder.length), uri, bytes });
  return {
    uri: folder,
    async put(key, content, { signal, moved }) {
      const sink = await store.create(folder + key, { signal });
      try {
        for await (const chunk of content) {
          await sink.write(chunk);
          moved?.(chunk.length);
        }
        return describe(await sink.close());
      } catch (error) {
        await sink.abort();
        throw error;
      }
    },
    async *list(prefix, { signal }) {
      for await (const stored of store.list(folder + prefix, signal)) yield describe(stored);
    },
    async *read(key, { signal, moved }) {
      for await (const chunk of store.read(folder + key, { signal })) {
        moved?.(chunk.length);
        yield chunk;
      }
    },
    remove: (key, { signal }) => store.remove(folder + key, { signal }),
  };
}
