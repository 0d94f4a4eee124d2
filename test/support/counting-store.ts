// A store that counts what is asked of it, so that a test can bound work without measuring time.

import type { Store } from '../../storage/store.ts';

export interface CountingStore {
  readonly store: Store;
  /** Files that were opened, asked for or listed since the last call. */
  takeReads(): number;
}

export function countReads(inner: Store): CountingStore {
  let reads = 0;
  const store: Store = {
    ...inner,
    read: (uri, options) => {
      reads += 1;
      return inner.read(uri, options);
    },
    head: (uri, signal) => {
      reads += 1;
      return inner.head(uri, signal);
    },
    async *list(prefix, signal) {
      for await (const each of inner.list(prefix, signal)) {
        reads += 1;
        yield each;
      }
    },
  };
  return {
    store,
    takeReads() {
      const taken = reads;
      reads = 0;
      return taken;
    },
  };
}
