// What a store's test gives to the contract, and short uris for any store.

import type { Store, StoreProblem } from '../../storage/store.ts';

export interface StoreUnderTest {
  /** With a fresh root. */
  readonly store: Store;
  /** Every uri begins with it. Empty for a store without a scheme. */
  readonly root: string;
  /** An unfinished file of so many bytes is found by a sweep; null if the store cannot list unfinished files. */
  readonly sweptBytes: number | null;
  /** Resolves when what was written of unfinished files is in the store. */
  readonly awaitWritten?: () => Promise<void>;
  /** Uris that are refused, and as what. */
  readonly refused: readonly (readonly [uri: string, problem: StoreProblem])[];
  /** A script and its arguments that appends numbered lines to this journal until it is killed. */
  readonly appendForEver: (journal: string) => readonly string[];
  /** Makes a file that is there but cannot be read; null where that cannot be done here. */
  readonly makeUnreadable: (() => Promise<string>) | null;
}

/** `whole` has the uris as they are; `store` has them below the root. */
export type Setup = () => Promise<StoreUnderTest & { readonly whole: Store }>;

/** The same store with its uris below a root. */
export function belowRoot(store: Store, root: string): Store {
  if (root === '') return store;
  const strip = <T extends { readonly uri: string }>(stored: T): T => ({
    ...stored,
    uri: stored.uri.slice(root.length),
  });
  return {
    read: (uri, options) => store.read(root + uri, options),
    create: async (uri, options) => {
      const sink = await store.create(root + uri, options);
      return {
        write: (chunk) => sink.write(chunk),
        close: async () => strip(await sink.close()),
        abort: () => sink.abort(),
      };
    },
    head: async (uri, signal) => {
      const found = await store.head(root + uri, signal);
      return found === null ? null : strip(found);
    },
    list: async function* (prefix, signal) {
      for await (const each of store.list(root + prefix, signal)) yield strip(each);
    },
    remove: (uri, options) => store.remove(root + uri, options),
    sweep: (folder, options) => store.sweep(root + folder, options),
    clear: (folder, signal) => store.clear(root + folder, signal),
    freeBytes: () => store.freeBytes(),
    journal: (uri) => store.journal(root + uri),
    localFile: (uri, signal) => store.localFile(root + uri, signal),
  };
}
